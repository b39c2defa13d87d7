// Changes a process as a whole in a child of its own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace perf_exporter {

// The status of a child that does `work`, which returns its exit code, as waitpid(2) gives it.
inline int status_of_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(work());
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace perf_exporter
