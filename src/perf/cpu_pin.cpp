#include "perf/cpu_pin.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace perf_exporter {
namespace {

using Mask = std::vector<cpu_set_t>;

std::size_t bytes_of(const Mask& mask) {
  return mask.size() * sizeof(cpu_set_t);
}

bool holds(const Mask& mask, CpuId cpu) {
  return CPU_ISSET_S(static_cast<std::size_t>(to_int(cpu)), bytes_of(mask), mask.data()) != 0;
}

// The CPUs that the calling thread may use. The kernel answers EINVAL to a mask shorter than its
// own (sched_setaffinity(2), "C library/kernel differences").
Result<Mask> own_affinity() {
  constexpr std::size_t kMostSets = 64;  // of 1,024 CPUs each
  for (std::size_t sets = 1; sets <= kMostSets; sets *= 2) {
    Mask mask(sets);
    if (::sched_getaffinity(0, bytes_of(mask), mask.data()) == 0) {
      return mask;
    }
    if (errno != EINVAL) {
      break;
    }
  }
  return fault(std::string("sched_getaffinity: ") + std::strerror(errno), errno);
}

// False where the kernel refuses, errno saying why, or where the thread runs elsewhere all the
// same.
bool move_to(CpuId cpu, std::size_t sets) {
  Mask only(sets);
  CPU_SET_S(static_cast<std::size_t>(to_int(cpu)), bytes_of(only), only.data());
  errno = 0;
  return ::sched_setaffinity(0, bytes_of(only), only.data()) == 0 &&
         ::sched_getcpu() == to_int(cpu);
}

}  // namespace

Result<CpuPin> CpuPin::to_one_of(const CpuList& cpus) {
  auto before = own_affinity();
  if (!before) {
    return tl::unexpected(before.error());
  }
  CpuList preferred = cpus;
  std::stable_partition(preferred.begin(), preferred.end(),
                        [&](CpuId cpu) { return holds(*before, cpu); });
  CpuPin pin(std::move(*before), CpuId{});
  int error = 0;
  for (const CpuId cpu : preferred) {
    if (move_to(cpu, pin.before_.size())) {
      pin.cpu_ = cpu;
      return pin;
    }
    error = errno;
  }
  return fault("sched_setaffinity: " +
                   std::string(error != 0 ? std::strerror(error) : "the thread runs elsewhere"),
               error);
}

CpuPin::~CpuPin() {
  if (!before_.empty()) {
    ::sched_setaffinity(0, bytes_of(before_), before_.data());
  }
}

}  // namespace perf_exporter
