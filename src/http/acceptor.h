#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/listeners.h"
#include "http/worker_pool.h"

namespace perf_exporter {

// The thread that accepts connections for the pool, and sees to it that each is served.
class Acceptor {
 public:
  // Accepts from then on. A fault where the thread can't be made. The listeners and the pool must
  // outlive the acceptor.
  static Result<std::unique_ptr<Acceptor>> start(const std::vector<Listener>& listeners,
                                                 WorkerPool& pool, const HostPaths& paths);
  // Ends the thread, at once.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

 private:
  Acceptor(const std::vector<Listener>& listeners, WorkerPool& pool, UniqueFd wake_up);

  void run();
  enum class Outcome { accepted, nothing, no_room };
  Outcome accept_from(const Listener& listener);

  const std::vector<Listener>& listeners_;
  WorkerPool& pool_;
  UniqueFd wake_up_;
  std::thread thread_;
};

}  // namespace perf_exporter
