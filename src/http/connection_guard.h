#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/accepted_sockets.h"

namespace perf_exporter {

// Keeps a few of the server's worker threads free. The server library gives each connection a
// thread until it closes, so that connections on which nothing happens, kept alive or half open,
// could occupy all of them and let a scrape wait for their timeouts. When few threads are left, the
// guard shuts down the connections that have been idle longest, those that never sent a whole
// request first.
//
// The workers report what they do; all functions may be called from any thread.
class ConnectionGuard {
 public:
  // What a worker is doing. The library closes a connection only after the worker has said
  // `closed`, so that no descriptor of a connection is reused while the guard holds its lock.
  enum class Activity {
    closed,    // no connection
    waiting,   // for a request or the rest of one
    handling,  // a request is being answered
    sending,   // the answer is on its way to a client that may be slow
  };

  struct Worker {
    Activity activity = Activity::closed;
    std::chrono::steady_clock::time_point since;
    // Of the client, numeric; known from the connection's first request on, else empty and 0.
    std::string peer;
    int peer_port = 0;
  };

  // Starts a thread that sleeps until threads run short.
  ConnectionGuard();
  ~ConnectionGuard();
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

  // Until then no connection is shut down.
  void set_listening(ListeningOn listening);

  // The worker stays valid as long as the guard.
  Worker& add_worker();

  void now(Worker& worker, Activity activity);
  // `now` handling a request of this client. Unix sockets have port 0.
  void handling(Worker& worker, std::string_view peer, int peer_port);

  // Shuts down every connection that waits, however short, and returns when no worker is handling
  // or sending any more, after `patience` at the latest.
  void drain(std::chrono::milliseconds patience);

 private:
  // All with mutex_ held.
  void set_activity(Worker& worker, Activity activity);
  [[nodiscard]] bool is_short() const;
  [[nodiscard]] bool is_busy() const;
  [[nodiscard]] std::size_t count_wanted() const;
  [[nodiscard]] const Worker* find_worker(const AcceptedSocket& socket) const;
  void evict(std::size_t count, std::chrono::milliseconds grace);

  void watch();

  std::mutex mutex_;
  std::condition_variable changed_;
  ListeningOn listening_;
  std::list<Worker> workers_;
  std::size_t free_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
  std::thread watcher_;
};

}  // namespace perf_exporter
