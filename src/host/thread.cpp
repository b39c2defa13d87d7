#include "host/thread.h"

#include <pthread.h>

#include <string>
#include <system_error>
#include <utility>

#include "host/task_limit.h"

namespace perf_exporter {

Result<std::thread> start_thread(const char* name, std::function<void()> body,
                                 const HostPaths& paths) {
  try {
    return std::thread([name, body = std::move(body)] {
      ::pthread_setname_np(::pthread_self(), name);
      body();
    });
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    return fault("cannot make the thread " + std::string(name) + ": " + why_no_task(code, paths),
                 code);
  }
}

}  // namespace perf_exporter
