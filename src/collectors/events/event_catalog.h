// The one place where an event is described. Flags, metric families, `list`, docs/metrics.md and
// the goldens derive from the rows of this table: to add an event, add a row.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "perf/encoding.h"

namespace perf_exporter {

// Whether an event belongs to its semantic group whatever happens, or only where it fits.
enum class Membership { required, where_it_fits };

// Whether an event can be 0 while a CPU executes instructions. One that can't and is 0 all the same
// is not counted by what calls itself its counter; see EventHolds.
enum class Movement { may_rest, with_instructions };

// Where the kernel can raise an event at all.
enum class Architectures { all, not_x86 };

// The modes of the CPU in which an event is counted: those of the event_attr that it is opened
// with, or for what the kernel itself does, that mode alone. Hardware events go by --guests as
// well.
enum class Modes { user_and_kernel, kernel };

struct CatalogEvent {
  std::string_view collector;  // the collector that it belongs to: --collector NAME
  std::string_view name;  // unique: the `event` label, and the `group` label of a group it leads
  Encoding encoding;
  std::string_view metric;  // between scope and _total: perf_cpu_<metric>_total
  std::string_view help;    // one sentence that ends in a period; shown by describe()
  // Events of one semantic group are counted over the same instants, since they get divided by each
  // other; a group is never split. Software events form one group of their own.
  std::string_view group;
  Movement movement = Movement::may_rest;
  Membership membership = Membership::required;
  Architectures architectures = Architectures::all;
  // Labels of the generalised cache events; empty for all others.
  std::string_view cache = {};
  std::string_view op = {};
  Modes modes = Modes::user_and_kernel;
};

// Whether the kernel counts it itself, without a PMU.
bool is_software(const CatalogEvent& event);

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

// The rows of the named collectors that this build's architecture can raise, in catalogue order.
// The pointers are into the catalogue. Unknown names contribute nothing: options check them.
std::vector<const CatalogEvent*> events_of(const std::vector<std::string>& collectors);

}  // namespace perf_exporter
