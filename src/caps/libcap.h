// The one place that includes libcap: its sets as ours.
#pragma once

#include <sys/capability.h>

#include <cstdint>
#include <memory>
#include <type_traits>

namespace perf_exporter {

// As many as the kernel's sets have bits.
inline constexpr int kMaskBits = 64;

struct FreeCapabilities {
  void operator()(cap_t capabilities) const { ::cap_free(capabilities); }
};
using UniqueCapabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, FreeCapabilities>;

// One of the three sets as a mask of bits; `capabilities` is not null.
inline std::uint64_t take_mask(const UniqueCapabilities& capabilities, cap_flag_t set) {
  std::uint64_t mask = 0;
  for (cap_value_t value = 0; value < kMaskBits; ++value) {
    cap_flag_value_t is_set = CAP_CLEAR;
    if (::cap_get_flag(capabilities.get(), value, set, &is_set) == 0 && is_set == CAP_SET) {
      mask |= std::uint64_t{1} << value;
    }
  }
  return mask;
}

}  // namespace perf_exporter
