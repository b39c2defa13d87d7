#include "spread_kernel.h"

#include <utility>

#include "base/clock.h"

namespace perf_exporter {

SpreadKernel::SpreadKernel(PerfKernel& kernel, CpuList real)
    : kernel_(kernel), real_(std::move(real)) {}

Result<UniqueFd> SpreadKernel::open(const OpenCall& call) {
  OpenCall spread = call;
  if (call.cpu >= 0) {
    spread.cpu = to_int(real_[static_cast<std::size_t>(call.cpu) % real_.size()]);
  }
  return kernel_.open(spread);
}

Result<std::size_t> SpreadKernel::read(int fd, std::span<std::byte> bytes) {
  return kernel_.read(fd, bytes);
}

Result<void> SpreadKernel::control(int fd, GroupControl what) {
  return kernel_.control(fd, what);
}

Result<UniqueFd> TimedKernel::open(const OpenCall& call) {
  return kernel_.open(call);
}

Result<std::size_t> TimedKernel::read(int fd, std::span<std::byte> bytes) {
  const RawCount before = monotonic_ns();
  auto got = kernel_.read(fd, bytes);
  read_time_ += monotonic_ns() - before;
  ++reads_;
  return got;
}

Result<void> TimedKernel::control(int fd, GroupControl what) {
  return kernel_.control(fd, what);
}

}  // namespace perf_exporter
