#include "caps/raising_kernel.h"

#include <cerrno>

#include "caps/process_caps.h"

namespace perf_exporter {

Result<UniqueFd> RaisingKernel::open(const OpenCall& call) {
  const Capability first = first_.load();
  auto opened = [&] {
    const RaisedCapability raised(first);
    return inner_.open(call);
  }();
  if (opened || opened.error().code != EACCES || first == Capability::sys_admin) {
    return opened;
  }
  const RaisedCapability raised(Capability::sys_admin);
  if (!raised.held()) {
    return opened;
  }
  auto reopened = inner_.open(call);
  if (reopened) {
    first_.store(Capability::sys_admin);
  }
  return reopened;
}

Result<std::size_t> RaisingKernel::read(int fd, std::span<std::byte> bytes) {
  return inner_.read(fd, bytes);
}

Result<void> RaisingKernel::control(int fd, GroupControl what) {
  return inner_.control(fd, what);
}

}  // namespace perf_exporter
