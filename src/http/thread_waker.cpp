#include "http/thread_waker.h"

#include <algorithm>
#include <csignal>

namespace perf_exporter {

ThreadWaker::ThreadWaker() {
  struct sigaction current {};
  ::sigaction(SIGURG, nullptr, &current);
  const bool has_handler = (current.sa_flags & SA_SIGINFO) != 0 ||
                           (current.sa_handler != SIG_DFL && current.sa_handler != SIG_IGN);
  if (!has_handler) {
    struct sigaction quiet {};
    quiet.sa_handler = [](int) {};
    quiet.sa_flags = SA_RESTART;
    ::sigaction(SIGURG, &quiet, nullptr);
  }
}

void ThreadWaker::add() {
  // A process that takes its signals on one thread blocks them on all others.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGURG);
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  const std::lock_guard lock(mutex_);
  threads_.push_back(::pthread_self());
}

void ThreadWaker::remove() {
  const std::lock_guard lock(mutex_);
  threads_.erase(std::remove(threads_.begin(), threads_.end(), ::pthread_self()), threads_.end());
}

void ThreadWaker::wake_all() {
  const std::lock_guard lock(mutex_);
  for (const pthread_t thread : threads_) {
    ::pthread_kill(thread, SIGURG);
  }
}

}  // namespace perf_exporter
