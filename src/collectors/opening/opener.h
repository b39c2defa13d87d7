#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "collectors/counting/counter_set.h"
#include "collectors/counting/opening_rules.h"
#include "collectors/opening/descriptor_budget.h"
#include "collectors/opening/group_opener.h"
#include "collectors/opening/reconcile.h"
#include "collectors/opening/truth_watch.h"
#include "host/host_paths.h"
#include "host/online_cpus.h"

namespace perf_exporter {

// What a pass of opening came to, beside the counters themselves.
struct OpenReport {
  CpuList missing;  // CPUs that the user named and that are offline or not there
  // Where the kernel refused to include guests: all CPUs leave them out since.
  std::optional<CpuId> guests_refused_on;
  std::size_t descriptors = 0;   // open now
  std::size_t allowance = 0;     // that may be open in all
  std::vector<PmuTruth> truths;  // of the core PMUs that are counted on
  OnlineMask mask = {};          // over the list of online CPUs
  CpuList came_back;             // were offline between two looks; opened anew in this pass
};

// The one thread that opens events: at the start, when CPUs come and go, and when a group must be
// opened anew. It checks as well, at the start and every few minutes, whether the PMUs count right:
// a guest's counters stop when the host's are taken. A call that never returns holds up this thread
// and nobody else.
class Opener {
 public:
  struct Config {
    EventSet events;
    HostPaths paths;
    CpuChoice cpus;
    Guests guests = Guests::include;
    CallUse affinity = CallUse::make;  // of sched_setaffinity, by the truth checks
    std::chrono::nanoseconds truth_interval = opening_rules::kTruthCheck;
    std::chrono::nanoseconds retry_interval = opening_rules::kRetry;
  };
  // Called on the opening thread, in this order: `prepare` before the first open, with an online
  // CPU to try, whose fault forbids all of them and says why in a few words (a seccomp filter that
  // kills); what it has allowed once stays allowed; `after_pass` after the
  // first opens, after each later change, and when an event's truth or condition has become
  // another. Both are called again at each interval of retries while something wanted is refused,
  // busy, or in want of a PMU: what refuses may have gone. What then opens is counted from there
  // on.
  struct Hooks {
    std::function<Result<void>(CpuId)> prepare;
    std::function<void(const OpenReport&)> after_pass;
  };

  // All references must outlive the opener, and, where stop() returns false, the process.
  Opener(PerfKernel& kernel, CounterSet& counters, OnlineCpus online, Config config, Hooks hooks);
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;
  ~Opener();

  // Starts the thread, which holds the capabilities that the calling thread has at this moment and
  // waits for begin(). So the caller can give up its own in between. A fault, which names the
  // limit, where there is no room for a thread. Events may take `allowance` descriptors.
  [[nodiscard]] Result<void> start();
  void begin(std::size_t allowance);

  // The first pass alone, in the calling thread, for who has no use for the other: what is wanted
  // is open and enabled afterwards, as it would be served. Events may take `allowance` descriptors.
  void open_once(std::size_t allowance);

  // Has the thread look again at once, without waiting for an interval: at the facts and trials of
  // `prepare`, at the truth of PMUs, and at what is refused. `after_pass` follows, whatever was
  // found. Thread-safe.
  void look_again();

  // Asks the thread to end and waits for it, 0.7 s at most. False where an open is still
  // under way: the thread is left behind, and the process should end without unwinding.
  [[nodiscard]] bool stop();

 private:
  void run();
  void open_first();
  void prepare();
  void wait_for_work();
  void look_at_merged_groups();
  void look_at_clocks();
  void report(const CpuList& wanted, CpuList came_back);
  void synchronise();
  void look_for_pmus(const std::vector<Step>& queue);
  bool check_truth(const CpuList& wanted);
  bool note_conditions();
  std::optional<std::vector<Reopening>> look_for_waiting();
  void set_pmus(std::vector<CorePmu> pmus);
  bool take_request();
  [[nodiscard]] std::vector<Target> open_targets() const;
  [[nodiscard]] std::vector<Reopening> unlike_targets() const;
  [[nodiscard]] std::vector<Reopening> asking_targets() const;
  bool close(const std::vector<Step>& queue);
  bool follow(const std::vector<Step>& queue);
  void carry_out(const std::vector<Step>& queue);
  void open(const Step& step, CpuId cpu, DescriptorBudget& budget);
  [[nodiscard]] bool is_worth_opening(const Step& step);
  [[nodiscard]] bool stopping() const;

  CounterSet& counters_;
  OnlineCpus online_;
  DeviceEvents device_events_;
  int looks_due_ = 0;  // at clocks
  bool has_new_merged_groups_ = false;
  Config config_;
  std::size_t allowance_ = 0;
  Hooks hooks_;
  std::vector<CorePmu> pmus_;
  GroupOpener groups_;
  TruthWatch truth_;
  OnlineMask mask_;                      // reported
  std::uint64_t truth_checked_at_ = 0;   // ns, monotonic; 0: never
  std::uint64_t condition_changes_ = 0;  // reported
  std::vector<unsigned> conditions_;     // reported
  std::uint64_t reported_at_ = 0;        // ns, monotonic
  std::chrono::nanoseconds patience_;    // until the next look
  std::uint64_t tried_at_ = 0;           // ns, monotonic: the first opens, or the newest retry
  Result<void> permit_ = fault("not prepared yet");
  bool passed_ = false;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool begun_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  bool has_work_ = false;
  bool asked_to_look_ = false;
  std::thread thread_;
};

}  // namespace perf_exporter
