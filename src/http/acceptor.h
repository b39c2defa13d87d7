#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/result.h"
#include "http/listeners.h"
#include "http/worker_pool.h"

namespace perf_exporter {

// The thread that accepts connections for the pool, and sees to it that each is served. It leaves
// one descriptor to others: where none is left, an idle connection goes.
class Acceptor {
 public:
  // Accepts from then on. A fault where the thread can't be made. The listeners and the pool must
  // outlive the acceptor.
  static Result<std::unique_ptr<Acceptor>> start(const std::vector<Listener>& listeners,
                                                 WorkerPool& pool, const HostPaths& paths);
  // Ends the thread, at once: the listeners, which have to be open still, are shut down.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

 private:
  Acceptor(const std::vector<Listener>& listeners, WorkerPool& pool);

  void run();
  enum class Outcome { accepted, nothing, no_room };
  Outcome accept_from(const Listener& listener);

  const std::vector<Listener>& listeners_;
  WorkerPool& pool_;
  int last_descriptor_;  // the limit has none beyond it
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace perf_exporter
