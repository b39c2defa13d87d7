#include "app/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

#include "app/service_manager.h"
#include "base/descriptor_limit.h"
#include "http/server.h"

namespace perf_exporter {

void raise_descriptor_limit(CallUse prlimit64) {
  rlimit limit{};
  if (prlimit64 == CallUse::make && ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
      limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    (void)::setrlimit(RLIMIT_NOFILE, &raised);
  }
}

Result<void> require_descriptors_to_serve(const Options& options) {
  constexpr std::size_t kSignals = 2;
  constexpr std::size_t kCpuLists = 2;
  constexpr std::size_t kProcess = 2;
  const std::size_t manager = notify_socket().empty() ? 0 : 1;
  return require_descriptors(kSignals + kCpuLists + kProcess + manager +
                                 options.listen_addresses.size() + kDescriptorsToAnswer,
                             "serving");
}

std::size_t descriptor_allowance(const HostPaths& paths) {
  constexpr rlim_t kReserve = 512;
  constexpr rlim_t kLeastReserve = kDescriptorsToAnswer + 1;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return std::numeric_limits<std::size_t>::max();
  }
  const auto open_now = list_directory(paths.procfs / "self/fd");
  const rlim_t taken = std::max(kLeastReserve, std::min(kReserve, limit.rlim_cur / 4)) +
                       (open_now ? open_now->size() : 0);
  return limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
}

}  // namespace perf_exporter
