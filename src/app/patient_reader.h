#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "collectors/counting/counter_set.h"
#include "host/host_paths.h"

namespace perf_exporter {

// Reads counters on threads of its own, so that whoever asks waits for a read that never returns no
// longer than the counters need to do without it: 6 s at the most. Thread-safe.
class PatientReader {
 public:
  // Both must outlive this and, where a thread was left behind, the process.
  PatientReader(CounterSet& counters, const HostPaths& paths);
  PatientReader(const PatientReader&) = delete;
  PatientReader& operator=(const PatientReader&) = delete;
  ~PatientReader();

  // Makes the thread of a later reading now, for who can't do without it. A fault, which names the
  // limit, where there is no room for it.
  Result<void> prepare();

  // Reads anew, or shares a reading, as CounterSet::read() does. False where none has come:
  // the calls of the readings hang, or there is no room for a thread. The counters are then as they
  // were, but for CPUs that are known to hang.
  bool read();

  // How many threads are in a reading that nobody waits for any more: the process should end
  // without unwinding.
  [[nodiscard]] std::size_t left_behind() const { return *left_behind_; }

 private:
  class Errand;

  Result<std::shared_ptr<Errand>> make_thread();
  std::shared_ptr<Errand> take_prepared();

  CounterSet& counters_;
  const HostPaths& paths_;
  const std::shared_ptr<std::atomic<std::size_t>> left_behind_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Errand>> prepared_;
};

}  // namespace perf_exporter
