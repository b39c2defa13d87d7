#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "host/host_paths.h"
#include "http/connections.h"

namespace perf_exporter {

// The threads that serve connections. The server library holds one for each connection until it
// closes. So they are made as connections come, and end when they have had nothing to do for a
// while. Above a few, half open connections are shut down rather than a thread made for those that
// wait; at the bound, and where no thread can be made, idle ones as well (http/eviction.h). Neither
// kind delays anybody.
class WorkerPool {
 public:
  struct Options {
    std::size_t least = 2;  // threads that stand by
    std::size_t most = 2;
    HostPaths paths;
    std::shared_ptr<spdlog::logger> logger;  // not null
    // How many threads may never come back. They don't count: others are made in their place, with
    // what room there is.
    std::function<std::size_t()> lost = [] { return std::size_t{0}; };
    CallUse epoll = CallUse::make;  // of its three calls, by the door
  };

  // `serve` runs on each thread and returns when Connections::take gives nothing. `door` must
  // outlive the pool.
  WorkerPool(Options options, Door& door, std::function<void(Connections::Worker&)> serve);
  // Waits until all threads have ended.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Returns when the least number of threads wait for connections. Where they can't be made, a
  // fault that names the limit.
  Result<void> start();

  [[nodiscard]] Connections& connections() { return connections_; }

  // Sees to it that each connection is served. For the thread that accepts, and no other. Returns
  // after what time it wants to be called again, if nothing comes; nothing where it need not be.
  std::optional<std::chrono::milliseconds> make_room();

  // Where a limit leaves room for fewer threads than there may be: how many there are of how many,
  // and the limit. It stands until more can be made, which is tried every ten seconds. Thread-safe.
  [[nodiscard]] std::optional<std::string> shortage() const;

  // Once nothing is accepted any more: finishes the requests that are running, as far as 0.7 s
  // suffice, and ends all threads. False where one of them has not ended a second after the call.
  [[nodiscard]] bool stop();

 private:
  Result<void> add_thread();
  void grow(std::size_t most);
  std::optional<std::chrono::milliseconds> look_for_room();
  void note_shortage(const std::string& why);
  void end_shortage();

  const Options options_;
  const std::function<void(Connections::Worker&)> serve_;
  Connections connections_;
  std::vector<std::thread> threads_;  // by the worker's number

  // Of the accepting thread.
  std::size_t bound_;
  std::chrono::steady_clock::time_point bound_until_;
  mutable std::mutex shortage_mutex_;
  std::optional<std::string> shortage_;
};

}  // namespace perf_exporter
