#pragma once

#include <atomic>

#include "base/call_use.h"
#include "base/unique_fd.h"
#include "http/listen/listeners.h"

namespace perf_exporter {

// Where connections come in. Threads that have nothing else to do can wait at it, any number at
// once: the kernel wakes one of them for each connection (epoll(7), EPOLLET), so that none has to
// be handed from thread to thread. All functions may be called from any thread.
class Door {
 public:
  enum class Outcome {
    accepted,
    nothing,        // somebody else has it, or the client has gone, or the time is over
    no_descriptor,  // it waits in the kernel's queue for one
    no_memory,      // the same
    closed,         // the door, or the listener was shut down
  };
  struct Arrival {
    Outcome outcome = Outcome::nothing;
    UniqueFd fd;
    const Listener* listener = nullptr;
    bool is_last = false;  // no descriptor is left beyond this one
  };

  // Takes two descriptors. Where the limit leaves next to none, and where the calls of epoll are to
  // be left out, nobody can wait here.
  explicit Door(CallUse epoll);

  // False once it is closed, too.
  [[nodiscard]] bool can_wait() const { return can_wait_; }

  // Connections of this one are waited for, too. It must be open for as long as anybody waits.
  // Closes the door where that can't be: somebody has to accept from all of them.
  void add(const Listener& listener);

  // For good: who waits leaves, and nobody waits any more.
  void close();

  // Accepts from any of those that were added; after `timeout` ms without one nothing has come, -1:
  // never. Of a failed accept all learn who wait.
  Arrival wait(int timeout);

  // Accepts from this one, without waiting.
  [[nodiscard]] Arrival accept_from(const Listener& listener) const;

 private:
  int last_descriptor_;  // the limit has none beyond it
  UniqueFd epoll_;
  UniqueFd bell_;  // an eventfd that is readable once the door is closed
  std::atomic<bool> can_wait_ = false;
};

}  // namespace perf_exporter
