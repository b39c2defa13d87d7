// Capabilities as plain data; reading and changing a thread's own sets is process_caps.h's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perf_exporter {

// The capabilities that concern perf, by the numbers of linux/capability.h. PERFMON and BPF came
// with Linux 5.8; before it perf asks for SYS_ADMIN.
enum class Capability : int { sys_admin = 21, perfmon = 38, bpf = 39 };

// The capability's place in a 64-bit mask.
constexpr std::uint64_t bit(Capability capability) {
  return std::uint64_t{1} << static_cast<int>(capability);
}

// "CAP_PERFMON", as capabilities(7) spells it.
std::string_view capability_name(Capability capability);

// The five sets of one thread (capabilities(7)), each a mask with bit n for capability n.
struct CapabilitySets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t bounding = 0;
  std::uint64_t ambient = 0;

  friend bool operator==(const CapabilitySets&, const CapabilitySets&) = default;
};

// The value of one field of a /proc/PID/status text (proc(5)), without surrounding white space;
// nullopt where the field is missing.
std::optional<std::string_view> status_field(std::string_view status, std::string_view name);

// The Cap… fields of a /proc/PID/status text; nullopt where one of effective, permitted,
// inheritable or bounding is missing or is no hexadecimal number. The ambient set is empty where
// the field is missing (before Linux 4.3).
std::optional<CapabilitySets> parse_capability_sets(std::string_view status);

// Sixteen hexadecimal digits, as /proc/PID/status writes a set.
std::string format_mask(std::uint64_t mask);

}  // namespace perf_exporter
