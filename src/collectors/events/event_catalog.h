// The one place where an event is described. Flags, metric families, `list`, docs/metrics.md and
// the goldens derive from the rows of this table: to add an event, add a row.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/events/event.h"
#include "perf/encoding.h"

namespace perf_exporter {

// Where the kernel can raise an event at all.
enum class Architectures { all, not_x86 };

// The modes of the CPU in which an event is raised: any, or for what the kernel itself does, that
// mode alone, whatever it is opened with. Hardware events go by --guests as well.
enum class RaisedIn { any_mode, kernel_mode };

// An event's row: what it yields is told at Event.
struct CatalogEvent {
  std::string_view collector;
  std::string_view name;
  Encoding encoding;
  std::string_view metric;
  std::string_view help;  // one sentence that ends in a period; shown by describe()
  std::string_view group;
  Movement movement = Movement::may_rest;
  Membership membership = Membership::required;
  Architectures architectures = Architectures::all;
  // Labels of the generalised cache events; empty for all others.
  std::string_view cache = {};
  std::string_view op = {};
  RaisedIn raised_in = RaisedIn::any_mode;
};

// What an event counts, and in which modes, for HELP, `list` and docs/metrics.md alike: "Retired
// instructions. Counts user and kernel mode."
std::string describe(const CatalogEvent& event);

struct CollectorInfo {
  std::string_view name;
  std::string_view help;
  bool on_by_default;
};

// All events, in the order of their families on the page. Rows of one metric stand together, rows
// of one semantic group in the order of opening.
std::span<const CatalogEvent> event_catalog();

// All collectors, in the order of the catalogue.
std::span<const CollectorInfo> collector_table();

// The event that a row yields.
Event event_of(const CatalogEvent& row);

// Those of the named collectors that this build's architecture can raise, in catalogue order.
// Unknown names contribute nothing: options check them.
EventSet events_of(const std::vector<std::string>& collectors);

}  // namespace perf_exporter
