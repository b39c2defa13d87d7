#include "caps/raising_kernel.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "caps/process_caps.h"

namespace perf_exporter {
namespace {

// Without a descriptor to spare the capability can't be raised. The kernel then speaks of the
// missing permission, although the descriptor is what is missing: with it, it would be granted or
// refused for what the call asks.
bool is_full(int error) {
  return error == EMFILE || error == ENFILE;
}

}  // namespace

Result<UniqueFd> RaisingKernel::open(const OpenCall& call) {
  const Capability first = first_.load();
  auto opened = [&]() -> Result<UniqueFd> {
    const RaisedCapability raised(first, capset_);
    auto result = inner_.open(call);
    if (!result && result.error().code == EACCES && is_full(raised.read_error())) {
      return fault(std::string("perf_event_open: ") + std::strerror(raised.read_error()),
                   raised.read_error());
    }
    return result;
  }();
  if (opened || opened.error().code != EACCES || first == Capability::sys_admin) {
    return opened;
  }
  const RaisedCapability raised(Capability::sys_admin, capset_);
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
