#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"

namespace perf_exporter {

// A child process that does its work only once it is released, so that it can be watched from its
// first moment on. It starts with the default actions for SIGINT, SIGTERM, SIGHUP and SIGPIPE, and
// ends by itself where its parent ends before. Move-only; one that has not ended is killed and
// waited for when this goes away. To be used where the process has one thread.
class HeldChild {
 public:
  // `work` returns the exit status, unless it executes another program.
  static Result<HeldChild> start(const std::function<int()>& work);
  HeldChild(HeldChild&& other) noexcept;
  HeldChild& operator=(HeldChild&&) = delete;
  HeldChild(const HeldChild&) = delete;
  HeldChild& operator=(const HeldChild&) = delete;
  ~HeldChild();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void release();

  // The status as waitpid(2) gives it; poll() has none while the child runs.
  std::optional<int> poll();
  int wait();

 private:
  HeldChild(pid_t pid, UniqueFd gate) : pid_(pid), gate_(std::move(gate)) {}
  std::optional<int> reap(int options);

  pid_t pid_ = -1;
  UniqueFd gate_;
  std::optional<int> status_;
};

}  // namespace perf_exporter
