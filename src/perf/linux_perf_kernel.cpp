#include "perf/linux_perf_kernel.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace perf_exporter {
namespace {

tl::unexpected<Fault> call_fault(const char* call, int error) {
  return fault(std::string(call) + ": " + std::strerror(error), error);
}

// Calls until no signal interrupts it.
template <class Call>
long uninterrupted(Call call) {
  long result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

}  // namespace

Result<UniqueFd> LinuxPerfKernel::open(const OpenCall& call) {
  const long fd = uninterrupted([&] {
    return ::syscall(SYS_perf_event_open, call.attr, call.pid, call.cpu, call.group_fd,
                     call.flags | PERF_FLAG_FD_CLOEXEC);
  });
  if (fd < 0) {
    return call_fault("perf_event_open", errno);
  }
  return UniqueFd(static_cast<int>(fd));
}

Result<std::size_t> LinuxPerfKernel::read(int fd, std::span<std::byte> bytes) {
  const long got = uninterrupted([&] { return ::read(fd, bytes.data(), bytes.size()); });
  if (got < 0) {
    return call_fault("read of a perf event", errno);
  }
  return static_cast<std::size_t>(got);
}

Result<void> LinuxPerfKernel::control(int fd, GroupControl what) {
  const unsigned long request =
      what == GroupControl::enable ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;
  const long done = uninterrupted([&] { return ::ioctl(fd, request, PERF_IOC_FLAG_GROUP); });
  if (done < 0) {
    return call_fault("ioctl of a perf event", errno);
  }
  return {};
}

}  // namespace perf_exporter
