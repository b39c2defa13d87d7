#include "caps/capability_sets.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace perf_exporter {
namespace {

std::optional<std::uint64_t> mask_field(std::string_view status, std::string_view name) {
  const auto text = status_field(status, name);
  if (!text) {
    return std::nullopt;
  }
  std::uint64_t mask = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, mask, 16);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return mask;
}

}  // namespace

std::string_view capability_name(Capability capability) {
  switch (capability) {
    case Capability::sys_admin:
      return "CAP_SYS_ADMIN";
    case Capability::perfmon:
      return "CAP_PERFMON";
    case Capability::bpf:
      return "CAP_BPF";
  }
  return "";
}

std::optional<std::string_view> status_field(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    std::string_view line = status.substr(0, status.find('\n'));
    status.remove_prefix(std::min(line.size() + 1, status.size()));
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") {
      continue;
    }
    line.remove_prefix(name.size() + 1);
    const auto first = line.find_first_not_of(" \t");
    const auto last = line.find_last_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : line.substr(first, last - first + 1);
  }
  return std::nullopt;
}

std::optional<CapabilitySets> parse_capability_sets(std::string_view status) {
  const auto effective = mask_field(status, "CapEff");
  const auto permitted = mask_field(status, "CapPrm");
  const auto inheritable = mask_field(status, "CapInh");
  const auto bounding = mask_field(status, "CapBnd");
  if (!effective || !permitted || !inheritable || !bounding) {
    return std::nullopt;
  }
  return CapabilitySets{*effective, *permitted, *inheritable, *bounding,
                        mask_field(status, "CapAmb").value_or(0)};
}

std::string format_mask(std::uint64_t mask) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    *digit = kDigits[mask & 0xf];
    mask >>= 4;
  }
  return text;
}

}  // namespace perf_exporter
