#include "base/descriptor_limit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/unique_fd.h"

namespace perf_exporter {
namespace {

rlim_t soft_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace

Result<void> require_descriptors(std::size_t count, const std::string& purpose) {
  std::vector<UniqueFd> taken;
  while (taken.size() < count) {
    UniqueFd fd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!fd.valid()) {
      break;
    }
    taken.push_back(std::move(fd));
  }
  if (taken.size() == count || errno != EMFILE) {
    return {};
  }
  return fault(purpose + " takes " + std::to_string(soft_limit() - taken.size() + count) +
                   " file descriptors at least",
               EMFILE);
}

std::string describe_descriptor_limit() {
  return "RLIMIT_NOFILE is " + std::to_string(soft_limit()) +
         "; raise it (ulimit -n, LimitNOFILE= of a unit, --ulimit nofile= of a container)";
}

}  // namespace perf_exporter
