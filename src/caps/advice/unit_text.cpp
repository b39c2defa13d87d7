#include "caps/advice/unit_text.h"

#include <algorithm>
#include <array>

#include "caps/advice/place_table.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kAddToList =
    "{drop_in}\n"
    "  SystemCallFilter={call_list}";
constexpr std::string_view kAround =
    "let {calls} through where the systemd that runs the unit was started.";

// These are the unit's own affair, whatever it runs in.
constexpr std::array<std::string_view, 6> kOfTheUnit = {
    "file_capability", "stale_capability", "suid_mount", "direct_start", "restart", "descriptors"};

Place place_of(const HostFacts& facts) {
  return facts.place.value_or(Place::host);
}

std::string of_unit(std::string_view name) {
  return std::string(place_piece(place_text(Place::systemd), name));
}

std::string of_place(std::string_view name, const HostFacts& facts) {
  return std::string(place_piece(place_text(place_of(facts)), name));
}

bool init_may_have(const HostFacts& facts, Capability capability) {
  return facts.init.capabilities && (facts.init.capabilities->bounding & bit(capability)) != 0;
}

std::optional<std::string> allow_call(const HostFacts& facts) {
  const bool is_inside = place_of(facts) != Place::systemd;
  switch (filter_owner(facts)) {
    case FilterOwner::unit:
      return std::string(kAddToList);
    case FilterOwner::outside:
      return is_inside ? std::nullopt
                       : std::optional("The filter is not the unit's: " + std::string(kAround));
    case FilterOwner::unknown:
      break;
  }
  return of_unit("allow_call");
}

std::string grant(std::string_view name, Capability capability, const HostFacts& facts) {
  return init_may_have(facts, capability)
             ? of_unit(name)
             : of_place(name, facts) + "\nAnd for the unit in it: " + of_unit(name);
}

// Of a unit inside a container.
std::optional<std::string> inner_piece(std::string_view name, const HostFacts& facts) {
  if (std::find(kOfTheUnit.begin(), kOfTheUnit.end(), name) != kOfTheUnit.end()) {
    return of_unit(name);
  }
  if (name == "grant") {
    return grant(name, Capability::perfmon, facts);
  }
  if (name == "grant_sys_admin") {
    return grant(name, Capability::sys_admin, facts);
  }
  if (name == "user_namespace") {
    return "If the unit has PrivateUsers=: " + of_unit(name) +
           "\nOr, where the container itself is in a user namespace: " + of_place(name, facts);
  }
  return std::nullopt;
}

}  // namespace

FilterOwner filter_owner(const HostFacts& facts) {
  const InitFacts& init = facts.init;
  if (init.seccomp_mode == 0) {
    return FilterOwner::unit;
  }
  const bool is_known = facts.seccomp_filters && init.seccomp_filters;
  return is_known && *facts.seccomp_filters == *init.seccomp_filters ? FilterOwner::outside
                                                                     : FilterOwner::unknown;
}

bool is_in_a_unit(const HostFacts& facts) {
  return facts.unit || place_of(facts) == Place::systemd;
}

std::optional<std::string> unit_piece(std::string_view name, const HostFacts& facts) {
  if (!is_in_a_unit(facts)) {
    return std::nullopt;
  }
  if (name == "allow_call") {
    return allow_call(facts);
  }
  if (name == "outer_filter") {
    return place_of(facts) == Place::systemd ? std::string(kAround) : of_place("allow_call", facts);
  }
  return place_of(facts) == Place::systemd ? std::nullopt : inner_piece(name, facts);
}

}  // namespace perf_exporter
