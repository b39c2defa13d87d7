#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "base/unique_fd.h"
#include "http/door.h"
#include "http/eviction.h"
#include "http/listen/listeners.h"

namespace perf_exporter {

// What a worker is doing.
enum class Activity {
  idle,      // it has no connection
  waiting,   // for a request or the rest of one
  handling,  // a request is being answered
  sending,   // the answer is on its way to a client that may be slow
};

// The accepted connections: those that wait for a worker, in a queue, and those that workers hold.
// Workers that hold none wait at the door, where that is open, and accept for themselves.
// All functions may be called from any thread.
class Connections {
 public:
  // A worker's place.
  class Worker {
   public:
    // That of no other worker meanwhile, below `most`.
    [[nodiscard]] std::size_t number() const { return number_; }

   private:
    friend class Connections;
    enum class State {
      absent,
      entered,    // has not asked for a connection yet
      present,    // has
      dismissed,  // shall end, is counted no more
    };

    std::size_t number_ = 0;
    State state_ = State::absent;
    Activity activity_ = Activity::idle;
    std::chrono::steady_clock::time_point since_;
    int fd_ = -1;
    bool has_answered_ = false;  // on this connection
    bool is_evicted_ = false;
  };

  struct Accepted {
    UniqueFd fd;
    const Listener* listener = nullptr;
    std::chrono::steady_clock::time_point since;  // when it was accepted
  };

  // Of `most` workers at most, those above the least number are dismissed when they have had
  // nothing to do for three seconds. `door` must outlive this.
  Connections(std::size_t least, std::size_t most, Door& door);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // A worker comes; null where there is no place at the moment. It is free from then on.
  Worker* enter();
  // The last that a worker does.
  void leave(Worker& worker);
  // Without those that are dismissed.
  [[nodiscard]] std::size_t count_workers() const;
  // Returns when every worker that has come has asked for a connection or left.
  void wait_until_ready();

  // From now on workers may accept for themselves. They cease to where there is no room for a
  // connection, and may again after the next call.
  void open_door();
  // Returns when no worker is about to accept for itself, or the door is closed, or `timeout` is
  // over; whether any is still.
  bool wait_while_watched(std::optional<std::chrono::milliseconds> timeout);
  // Returns when none is and none will be.
  void close_door();

  // No more is to be accepted for the queue for now.
  [[nodiscard]] bool is_full() const;
  // Accepts for the queue, without waiting; nothing where a worker is about to accept for itself,
  // since that is not called for what is in the queue.
  Door::Outcome accept_from(const Listener& listener);

  // The connection to serve next; nothing where the worker is to leave. The worker closes the
  // descriptor, and says that it is idle before it does.
  std::optional<Accepted> take(Worker& worker);
  void now(Worker& worker, Activity activity);

  // How many wait without a worker that is free, or about to be. As long as requests are being
  // handled, that is any worker, for a moment.
  struct Waiting {
    bool any = false;
    std::size_t in_want = 0;
  };
  [[nodiscard]] Waiting waiting() const;
  // Shuts down connections on which nothing happens, for those that are in want of a worker. False
  // where more of those that may go can go in a moment.
  bool make_room(MayGo may_go);

  // No connection is to be kept any more.
  [[nodiscard]] bool is_draining() const { return draining_; }
  // Shuts down what waits, and returns when nothing is being handled or sent, after `patience` at
  // the latest.
  void drain(std::chrono::milliseconds patience);
  // Breaks all off and dismisses all workers. False where one has not left after `patience`.
  [[nodiscard]] bool end(std::chrono::milliseconds patience);

 private:
  using Lock = std::unique_lock<std::mutex>;  // of mutex_

  // All with mutex_ held.
  std::optional<Accepted> wait_at_door(Lock& lock, std::chrono::steady_clock::time_point until);
  Accepted hand(Worker& worker, Accepted connection);
  // Shuts one down for its descriptor, unless one is about to close.
  void free_descriptor();
  void dismiss(Worker& worker);
  [[nodiscard]] bool is_any(Activity activity) const;
  [[nodiscard]] std::size_t count_in_want() const;
  [[nodiscard]] std::size_t count_evicted() const;
  std::vector<HeldConnection> list_held(std::vector<Worker*>& holders);
  Victims evict(MayGo may_go, std::size_t wanted);

  const std::size_t least_;
  Door& door_;
  mutable std::mutex mutex_;
  std::condition_variable offered_;
  std::condition_variable changed_;
  std::condition_variable unwatched_;
  std::vector<Accepted> queue_;
  std::vector<Worker> workers_;
  std::size_t counted_ = 0;
  std::size_t free_ = 0;  // of these without a connection
  std::atomic<bool> draining_{false};
  bool ending_ = false;
  bool is_door_open_ = false;
  std::size_t at_door_ = 0;  // workers
};

}  // namespace perf_exporter
