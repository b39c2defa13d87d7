#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/descriptors.h"
#include "app/log.h"
#include "app/newest_report.h"
#include "app/once_a_minute.h"
#include "app/options/options.h"
#include "app/patient_reader.h"
#include "app/silence.h"
#include "caps/probe/diagnosis.h"
#include "caps/raising_kernel.h"
#include "collectors/families/scrape.h"
#include "collectors/opening/opener.h"
#include "exposition/encoder.h"

namespace perf_exporter {

// Counting as the options ask for it: the opening thread, the counters, the findings and the
// scrapes. What `serve` and `stat` have in common.
class Session {
 public:
  // Called when newest_report() is another: after the first opens, after each later change and each
  // retry of what was refused, and where look_for_silence() or note() tell something new. On the
  // thread that has found it or is telling something already; never by two threads at once, nor
  // with a lock held.
  using OnNews = std::function<void()>;

  // `kernel` and `log` must outlive the session. A fault where the host's CPUs can't be told.
  static Result<std::unique_ptr<Session>> create(const Options& options, PerfKernel& kernel,
                                                 const SideCalls& side_calls, const Log& log,
                                                 OnNews on_news);

  // As Opener's: start() hands the calling thread's capabilities to the opening thread, begin()
  // lets it open as many events as there is room for then, look_again() asks for facts, trials and
  // what is refused at once, from any thread; stop() returns false where an open is stuck, or a
  // thread of the reader's.
  [[nodiscard]] Result<void> start() { return opener_.start(); }
  void begin() { opener_.begin(descriptor_allowance(options_.paths)); }
  void look_again() { opener_.look_again(); }
  [[nodiscard]] bool stop();

  // To be called every second or so, by one thread: a call of the opening thread that does not
  // return becomes a finding, which goes when it has returned.
  void look_for_silence();
  // Of what serves: the finding of this id (a literal) is a warning as long as there is evidence of
  // it. Any thread.
  void note(std::string_view finding, std::optional<std::string> evidence);

  // Appends a scrape to `body`. Thread-safe.
  void scrape(Format format, const CollectorFilter& filter, std::string& body);

  [[nodiscard]] const NewestReport& newest_report() const { return newest_report_; }
  [[nodiscard]] CounterSet& counters() { return counters_; }
  // Of these counters, for whoever must answer whatever becomes of the reading.
  [[nodiscard]] PatientReader& reader() { return reader_; }

 private:
  Session(const Options& options, PerfKernel& kernel, const SideCalls& side_calls, const Log& log,
          OnNews on_news, const OnlineCpus& online);

  Result<void> probe(CpuId cpu);
  void publish(const OpenReport& report);
  [[nodiscard]] std::optional<std::string> evidence_now() const;
  // Publishes what is newest. Where another thread is about to, it does.
  void tell(std::unique_lock<std::mutex> publishing);
  [[nodiscard]] ProbeReport newest() const;  // with publishing_ held

  Options options_;
  SideCalls side_calls_;
  PerfKernel& plain_;  // of scrapes, which open nothing and are not held up by another lock
  WatchedKernel watched_;
  RaisingKernel kernel_;  // of the opening thread
  EventSet events_;
  OnNews on_news_;
  std::shared_ptr<spdlog::logger> logger_;
  NewestReport newest_report_;
  OnceAMinute<CpuId> told_back_lately_;  // of the opening thread alone
  ProbeReport probed_;                   // of the opening thread alone
  std::mutex publishing_;
  ProbeReport newest_;                  // what the opening thread has found; its facts come first
  bool passed_ = false;                 // it has published
  bool is_telling_ = false;             // some thread
  bool is_untold_ = false;              // something is
  std::optional<std::string> silence_;  // the evidence, as told
  std::map<std::string_view, std::optional<std::string>> noted_;
  CounterSet counters_;
  PatientReader reader_;
  Scrape scrape_;
  Encoder encoder_;
  Opener opener_;
};

// How the opening thread is to open `events`.
Opener::Config opener_config(const Options& options, const EventSet& events,
                             const SideCalls& side_calls);

// Whether events may be opened at all by what the trials say; the fault says why not.
Result<void> permit_by(const Trials& trials);

// What the chosen events ask of the host.
Wanted wanted_of(const EventSet& events);

// Whether guests are counted, where --guests auto leaves that to the host: excluded where KVM's
// mediated vPMU is on, which would not start beside our events
// (module/kvm_{intel,amd}/parameters/enable_mediated_pmu).
Guests resolve_guests(GuestChoice choice, const HostPaths& paths);

}  // namespace perf_exporter
