#include "caps/advice/place_table.h"

#include <algorithm>
#include <iterator>

namespace perf_exporter {
namespace {

struct Passage {
  std::string_view name;
  std::string_view PlaceText::*text;
};

constexpr Passage kPassages[] = {
    {"node", &PlaceText::node},
    {"grant", &PlaceText::grant},
    {"grant_sys_admin", &PlaceText::grant_sys_admin},
    {"grant_both", &PlaceText::grant_both},
    {"allow_call", &PlaceText::allow_call},
    {"real_kernel", &PlaceText::real_kernel},
    {"descriptors", &PlaceText::descriptors},
    {"selinux", &PlaceText::selinux},
    {"user_namespace", &PlaceText::user_namespace},
    {"file_capability", &PlaceText::file_capability},
    {"stale_capability", &PlaceText::stale_capability},
    {"suid_mount", &PlaceText::suid_mount},
    {"direct_start", &PlaceText::direct_start},
    {"restart", &PlaceText::restart},
    {"cgroups", &PlaceText::cgroups},
};

const PlaceText* find_row(std::span<const PlaceText> rows, Place place) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [place](const PlaceText& text) { return text.place == place; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

const PlaceText& place_text(Place place) {
  const PlaceText* row = find_row(container_places(), place);
  row = row != nullptr ? row : find_row(lxc_places(), place);
  row = row != nullptr ? row : find_row(system_places(), place);
  return row != nullptr ? *row : system_places().back();
}

std::string_view place_piece(const PlaceText& text, std::string_view name) {
  const auto* passage = std::find_if(std::begin(kPassages), std::end(kPassages),
                                     [name](const Passage& each) { return each.name == name; });
  return passage == std::end(kPassages) ? std::string_view() : text.*(passage->text);
}

}  // namespace perf_exporter
