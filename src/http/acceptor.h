#pragma once

#include <poll.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "http/door.h"
#include "http/listen/listeners.h"
#include "http/worker_pool.h"

namespace perf_exporter {

// The thread that sees to it that each connection is served. It accepts for the pool where no
// worker is free to do so itself, and leaves one descriptor to others: where none is left, an idle
// connection goes.
class Acceptor {
 public:
  // Accepts from all of the listeners from then on. A fault where the thread can't be made. All
  // references must outlive the acceptor; `door` is the pool's.
  static Result<std::unique_ptr<Acceptor>> start(const Listeners& listeners, Door& door,
                                                 WorkerPool& pool, const HostPaths& paths);
  // Ends the thread, at once: the listeners, which have to be open still, are shut down.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Accepts from this one, too, within a second: one of those that were missing at the start.
  void add(const Listener& listener);

 private:
  // What is polled.
  struct Watched {
    std::vector<pollfd> fds;
    std::vector<const Listener*> listeners;
  };

  Acceptor(const Listeners& listeners, Door& door, WorkerPool& pool);

  void run();
  void take_added(Watched& watched);
  Door::Outcome accept_from(const Listener& listener);

  const Listeners& listeners_;  // of the thread that adds
  Door& door_;
  WorkerPool& pool_;
  const bool is_complete_;  // none is missing
  std::mutex mutex_;
  std::vector<const Listener*> added_;  // and not watched yet
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace perf_exporter
