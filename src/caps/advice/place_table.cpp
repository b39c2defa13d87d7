#include "caps/advice/place_table.h"

#include <algorithm>
#include <iterator>

namespace perf_exporter {
namespace {

struct Piece {
  std::string_view name;
  std::string_view PlaceText::*text;
};

constexpr Piece kPieces[] = {
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
  const auto* piece = std::find_if(std::begin(kPieces), std::end(kPieces),
                                   [name](const Piece& each) { return each.name == name; });
  return piece == std::end(kPieces) ? std::string_view() : text.*(piece->text);
}

}  // namespace perf_exporter
