#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "perf/encoding.h"
#include "perf/perf_kernel.h"

namespace perf_exporter {

// One call that has not returned yet.
struct CallInFlight {
  enum class Kind { open, read, control };
  Kind kind = Kind::open;
  std::optional<Encoding> encoding;  // of an open with attributes
  int cpu = -1;                      // of an open; -1: any, or not known
  pid_t thread = 0;         // gettid(2) of the caller: /proc/PID/task/ID/stack shows where it waits
  std::uint64_t since = 0;  // CLOCK_MONOTONIC, ns
};

// Wraps a kernel and knows which calls are under way, so that another thread can tell of one that
// does not return: a wedged kernel leaves the caller waiting for good (an uninterruptible sleep, or
// a supervisor by seccomp_unotify(2) that never answers). Costs two locks a call: not meant for the
// reads of scrapes. A forked child's calls pass through unseen: a lock that another thread held at
// the fork is held for good there. `inner` must outlive this.
class WatchedKernel final : public PerfKernel {
 public:
  explicit WatchedKernel(PerfKernel& inner);

  Result<UniqueFd> open(const OpenCall& call) override;
  [[nodiscard]] std::unique_ptr<OpenBatch> begin_opens() override { return inner_.begin_opens(); }
  Result<std::size_t> read(int fd, std::span<std::byte> bytes) override;
  Result<void> control(int fd, GroupControl what) override;

  // The oldest call that began before `then` (CLOCK_MONOTONIC, ns) and has not returned.
  [[nodiscard]] std::optional<CallInFlight> begun_before(std::uint64_t then) const;

  // From now on no call returns to its caller: what that has written so far stays as it is for
  // whoever reads it, until the process ends.
  void abandon();

 private:
  class Entry;

  [[nodiscard]] bool is_forked() const;
  std::size_t enter(const CallInFlight& call);
  void leave(std::size_t place);

  PerfKernel& inner_;
  pid_t process_;
  mutable std::mutex mutex_;
  std::condition_variable never_;
  std::vector<std::optional<CallInFlight>> calls_;
  bool abandoned_ = false;
};

}  // namespace perf_exporter
