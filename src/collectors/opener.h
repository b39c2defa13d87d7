#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/host_paths.h"
#include "collectors/counter_set.h"
#include "collectors/group_opener.h"
#include "collectors/online_cpus.h"

namespace perf_exporter {

// What a pass of opening came to, beside the counters themselves.
struct OpenReport {
  CpuList missing;                // CPUs that the user named and that are offline or not there
  bool guests_fell_back = false;  // the kernel refused to include guests
  std::size_t descriptors = 0;    // open now
  std::size_t allowance = 0;      // that may be open in all
};

// The one thread that opens events: at the start, when CPUs come and go, and when a group must be
// opened anew. An open that never returns holds up this thread and nobody else.
class Opener {
 public:
  struct Config {
    std::vector<const CatalogEvent*> events;
    HostPaths paths;
    CpuChoice cpus;
    Guests guests = Guests::include;
    std::size_t allowance = 0;  // descriptors that events may take
  };
  enum class Permit { open, open_nothing };
  // Called on the opening thread, in this order: `prepare` once before the first open, which may
  // forbid all of them (a seccomp filter that kills); `after_pass` after the first opens and after
  // each later change.
  struct Hooks {
    std::function<Permit()> prepare;
    std::function<void(const OpenReport&)> after_pass;
  };

  // All references must outlive the opener, and, where stop() returns false, the process.
  Opener(PerfKernel& kernel, CounterSet& counters, OnlineCpus online, Config config, Hooks hooks);
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;
  ~Opener();

  // Starts the thread, which holds the capabilities that the calling thread has at this moment and
  // waits for begin(). So the caller can give up its own in between.
  void start();
  void begin();

  // Asks the thread to end and waits for it, two seconds at most. False where an open is still
  // under way: the thread is left behind, and the process should end without unwinding.
  [[nodiscard]] bool stop();

 private:
  void run();
  void wait_for_work();
  void synchronise();
  bool open_missing(const CpuList& wanted);
  bool reopen_requested();
  void open_cpu(CpuId cpu, Arrangement arrangement);
  [[nodiscard]] bool stopping() const;

  CounterSet& counters_;
  OnlineCpus online_;
  Config config_;
  Hooks hooks_;
  std::vector<CorePmu> pmus_;
  GroupOpener groups_;
  Permit permit_ = Permit::open;
  bool passed_ = false;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool begun_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  bool has_work_ = false;
  std::thread thread_;
};

}  // namespace perf_exporter
