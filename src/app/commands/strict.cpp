#include "app/commands/strict.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "collectors/events/event_catalog.h"

namespace perf_exporter {
namespace {

// Warnings of the finding itself that something which was asked for is not counted.
constexpr std::array<std::string_view, 3> kLacks = {"cpu_not_online", "package_unknown",
                                                    "counters_taken"};
constexpr std::string_view kOneCoreType = "hybrid_core_type";
// The answer to guests that were asked for; with --guests=auto they are taken where they can be.
constexpr std::string_view kGuests = "guests_excluded";

bool is_fatal(const Finding& finding, const Options& options) {
  return finding.severity == Severity::fail ||
         std::find(kLacks.begin(), kLacks.end(), finding.id) != kLacks.end() ||
         (finding.id == kGuests && options.guests == GuestChoice::include);
}

bool has_finding(const ProbeReport& report, std::string_view id) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [id](const Finding& finding) { return finding.id == id; });
}

bool opens_somewhere(const ProbeReport& report, const std::string& event) {
  return std::any_of(report.events.begin(), report.events.end(), [&](const EventTrial& row) {
    return row.event == event && row.status == "opens";
  });
}

const CatalogEvent* find_event(const std::string& name) {
  const auto& catalog = event_catalog();
  const auto found = std::find_if(catalog.begin(), catalog.end(),
                                  [&](const CatalogEvent& event) { return event.name == name; });
  return found == catalog.end() ? nullptr : &*found;
}

// Whether it is wanted only where the CPU has it: no CPU has all of the generalised cache events.
bool is_wanted_where_it_is(const std::string& name) {
  const CatalogEvent* event = find_event(name);
  return event != nullptr &&
         (event->membership == Membership::where_it_fits || !event->cache.empty());
}

// A CPU that has gone offline is not wanted any more; one that was named has a finding.
bool is_unmet(const EventTrial& row, const ProbeReport& report) {
  if (row.status == "opens" || row.status == "offline") {
    return false;
  }
  const bool is_of_other_cores =
      has_finding(report, kOneCoreType) && opens_somewhere(report, row.event);
  return row.status != to_string(EventStatus::unsupported) ||
         !(is_of_other_cores || is_wanted_where_it_is(row.event));
}

// Whether nothing of a collector opens, which none of its events says by itself.
bool is_mute(const ProbeReport& report, const std::string& collector) {
  return std::none_of(report.events.begin(), report.events.end(), [&](const EventTrial& row) {
    const CatalogEvent* event = find_event(row.event);
    const bool is_its = event != nullptr && event->collector == collector;
    return is_its && (row.status == "opens" || is_unmet(row, report));
  });
}

std::string tell(const EventTrial& row) {
  return row.event + ": " + row.status + " on CPU " + row.cpus +
         (row.error.empty() ? "" : " (" + row.error + ")");
}

}  // namespace

std::vector<std::string> unmet_wants(const Options& options, const ProbeReport& report,
                                     const std::vector<std::string>& withheld) {
  std::vector<std::string> unmet;
  for (const EventTrial& row : report.events) {
    if (is_unmet(row, report)) {
      unmet.push_back(tell(row));
    }
  }
  for (const std::string& collector : options.collectors) {
    if (is_mute(report, collector)) {
      unmet.push_back("collector " + collector + ": nothing of it opens");
    }
  }
  for (const std::string& event : withheld) {
    unmet.push_back(event + ": " + std::string(to_string(EventStatus::untrusted)));
  }
  for (const Finding& finding : report.findings) {
    if (is_fatal(finding, options)) {
      unmet.push_back(finding.id);
    }
  }
  return unmet;
}

std::vector<std::string> withheld_events(const Snapshot& now) {
  std::vector<std::string> names;
  for (std::size_t event = 0; event < now.events().size(); ++event) {
    const bool is_withheld =
        std::any_of(now.rows().begin(), now.rows().end(), [event](const SnapshotRow& row) {
          return row.leader_of(event).has_value() &&
                 row.cell(event).withheld == Withheld::untrusted;
        });
    if (is_withheld) {
      names.emplace_back(now.events()[event].name);
    }
  }
  return names;
}

}  // namespace perf_exporter
