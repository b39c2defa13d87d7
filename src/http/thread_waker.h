#pragma once

#include <pthread.h>

#include <mutex>
#include <vector>

namespace perf_exporter {

// Interrupts the poll(2) in which the server library's threads sleep, so that they see at once that
// they are to stop. The signal is SIGURG: it does nothing where nobody asks for it, and here its
// handler does nothing either. It makes blocking calls fail with EINTR (signal(7)).
class ThreadWaker {
 public:
  // Gives SIGURG a handler that does nothing, unless it has one, and leaves it there.
  ThreadWaker();

  // The calling thread is one to be woken, until it calls `remove`, which it must before it ends.
  void add();
  void remove();

  void wake_all();

 private:
  std::mutex mutex_;
  std::vector<pthread_t> threads_;
};

}  // namespace perf_exporter
