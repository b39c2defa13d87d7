#include "caps/process_caps.h"

#include <sys/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>

#include "host/host_paths.h"

namespace perf_exporter {
namespace {

constexpr int kMaskBits = 64;

struct FreeCapabilities {
  void operator()(cap_t capabilities) const { ::cap_free(capabilities); }
};
using UniqueCapabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, FreeCapabilities>;

tl::unexpected<Fault> call_fault(const char* call, int error) {
  return fault(std::string(call) + ": " + std::strerror(error), error);
}

std::uint64_t take_mask(cap_t capabilities, cap_flag_t set) {
  std::uint64_t mask = 0;
  for (cap_value_t value = 0; value < kMaskBits; ++value) {
    cap_flag_value_t is_set = CAP_CLEAR;
    if (::cap_get_flag(capabilities, value, set, &is_set) == 0 && is_set == CAP_SET) {
      mask |= std::uint64_t{1} << value;
    }
  }
  return mask;
}

// `ask` answers 1 for a member and -1 for a number that the kernel doesn't know.
template <class Ask>
std::uint64_t ask_mask(Ask ask) {
  std::uint64_t mask = 0;
  for (cap_value_t value = 0; value < kMaskBits; ++value) {
    if (ask(value) == 1) {
      mask |= std::uint64_t{1} << value;
    }
  }
  return mask;
}

// Writes the three sets that capset(2) takes. libcap would call capget as well, which a filter may
// take.
Result<void> set_own(const CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto part = [i](std::uint64_t mask) {
      return static_cast<std::uint32_t>(mask >> 32 * i);
    };
    data[i] = {part(sets.effective), part(sets.permitted), part(sets.inheritable)};
  }
  if (::syscall(SYS_capset, &header, data.data()) != 0) {
    return call_fault("capset", errno);
  }
  return {};
}

}  // namespace

Result<CapabilitySets> own_capabilities() {
  const auto status = read_text("/proc/thread-self/status");
  if (!status) {
    return tl::unexpected(status.error());
  }
  const auto sets = parse_capability_sets(*status);
  if (!sets) {
    return fault("/proc/thread-self/status lacks the capability sets");
  }
  return *sets;
}

Result<CapabilitySets> capget_capabilities() {
  const UniqueCapabilities capabilities(::cap_get_proc());
  if (!capabilities) {
    return call_fault("capget", errno);
  }
  return CapabilitySets{take_mask(capabilities.get(), CAP_EFFECTIVE),
                        take_mask(capabilities.get(), CAP_PERMITTED),
                        take_mask(capabilities.get(), CAP_INHERITABLE),
                        ask_mask([](cap_value_t value) { return ::cap_get_bound(value); }),
                        ask_mask([](cap_value_t value) { return ::cap_get_ambient(value); })};
}

Result<void> clear_effective(CallUse capset) {
  if (capset == CallUse::leave_out) {
    return {};
  }
  auto sets = own_capabilities();
  if (!sets) {
    return tl::unexpected(sets.error());
  }
  sets->effective = 0;
  return set_own(*sets);
}

Result<void> drop_permitted(CallUse capset) {
  return capset == CallUse::leave_out ? Result<void>() : set_own({});
}

RaisedCapability::RaisedCapability(Capability capability, CallUse capset)
    : capability_(capability) {
  const auto sets = own_capabilities();
  if (!sets) {
    read_error_ = sets.error().code;
    return;
  }
  if ((sets->permitted & bit(capability)) == 0) {
    return;
  }
  before_ = *sets;
  held_ = (sets->effective & bit(capability)) != 0;
  if (!held_ && capset == CallUse::make) {
    CapabilitySets with = *sets;
    with.effective |= bit(capability);
    raised_ = set_own(with).has_value();
    held_ = raised_;
  }
}

RaisedCapability::~RaisedCapability() {
  if (!raised_ || set_own(before_)) {
    return;
  }
  // What was permitted before isn't any more: lower the one bit of what is left.
  if (auto sets = own_capabilities()) {
    sets->effective &= ~bit(capability_);
    static_cast<void>(set_own(*sets));
  }
}

}  // namespace perf_exporter
