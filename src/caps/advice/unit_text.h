// What a fix reads like for a process that a systemd unit has started.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "caps/facts/host_facts.h"

namespace perf_exporter {

// Whose filter takes a call. A unit's own is one that PID 1 does not have. More of them than PID 1
// has prove nothing else: RestrictNamespaces= and its like install filters without a list.
enum class FilterOwner { unit, outside, unknown };

FilterOwner filter_owner(const HostFacts& facts);

// Whether a unit has started the process, on a host or inside a container.
bool is_in_a_unit(const HostFacts& facts);

// The passage of a name (see PlaceText) where the unit makes it another one than the place's own:
// whatever a container is given, its systemd hands on what the unit says.
std::optional<std::string> unit_piece(std::string_view name, const HostFacts& facts);

}  // namespace perf_exporter
