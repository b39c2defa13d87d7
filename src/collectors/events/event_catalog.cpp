#include "collectors/events/event_catalog.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <array>
#include <utility>

namespace perf_exporter {
namespace {

constexpr CollectorInfo kCollectors[] = {
    {"cycles", "CPU cycles, and reference cycles where the CPU has them", true},
    {"instructions", "retired instructions", true},
    {"branch", "branches and mispredicted branches", true},
    {"cache", "cache references and misses, as the CPU's family defines them", true},
    {"software", "page faults, context switches, migrations and alignment faults", true},
    {"stalls", "cycles in which the front end or the back end of the pipeline stood still", false},
    {"bus", "bus cycles", false},
    {"hw_cache", "generalised cache events: L1, last level, TLBs, branch unit, memory node", false},
};

constexpr Encoding hardware(std::uint64_t config) {
  return {PERF_TYPE_HARDWARE, config};
}

constexpr Encoding software(std::uint64_t config) {
  return {PERF_TYPE_SOFTWARE, config};
}

constexpr CatalogEvent kPlainEvents[] = {
    {"cycles", "cycles", hardware(PERF_COUNT_HW_CPU_CYCLES), "cycles",
     "CPU cycles, at the frequency of the moment; none while the CPU sleeps.", "ipc",
     Movement::with_instructions},
    {"instructions", "instructions", hardware(PERF_COUNT_HW_INSTRUCTIONS), "instructions",
     "Retired instructions.", "ipc", Movement::with_instructions},
    {"cycles", "ref_cycles", hardware(PERF_COUNT_HW_REF_CPU_CYCLES), "ref_cycles",
     "CPU cycles at a constant reference frequency; none while the CPU sleeps.", "ipc",
     Movement::with_instructions, Membership::where_it_fits},
    {"branch", "branches", hardware(PERF_COUNT_HW_BRANCH_INSTRUCTIONS), "branches",
     "Retired branch instructions.", "branches", Movement::with_instructions},
    {"branch", "branch_misses", hardware(PERF_COUNT_HW_BRANCH_MISSES), "branch_misses",
     "Mispredicted branch instructions.", "branches"},
    {"cache", "cache_references", hardware(PERF_COUNT_HW_CACHE_REFERENCES), "cache_references",
     "Cache accesses; which cache is meant (usually the last level) differs between CPU families, "
     "see perf_cpu_model_info.",
     "cache_references", Movement::with_instructions},
    {"cache", "cache_misses", hardware(PERF_COUNT_HW_CACHE_MISSES), "cache_misses",
     "Cache accesses that missed; which cache is meant (usually the last level) differs between "
     "CPU "
     "families, see perf_cpu_model_info.",
     "cache_references"},
    {"stalls", "stalled_cycles_frontend", hardware(PERF_COUNT_HW_STALLED_CYCLES_FRONTEND),
     "stalled_cycles_frontend", "Cycles in which the front end issued nothing.", "stalls_frontend",
     Movement::with_instructions},
    {"stalls", "stalled_cycles_backend", hardware(PERF_COUNT_HW_STALLED_CYCLES_BACKEND),
     "stalled_cycles_backend",
     "Cycles in which the back end retired nothing for want of resources.", "stalls_backend",
     Movement::with_instructions},
    {"bus", "bus_cycles", hardware(PERF_COUNT_HW_BUS_CYCLES), "bus_cycles",
     "Bus cycles; what a bus cycle is differs between CPU families, see perf_cpu_model_info.",
     "bus_cycles", Movement::with_instructions},
    {"software", "page_faults", software(PERF_COUNT_SW_PAGE_FAULTS), "page_faults",
     "Page faults, minor and major.", "software"},
    {"software", "minor_faults", software(PERF_COUNT_SW_PAGE_FAULTS_MIN), "minor_faults",
     "Page faults that needed no input or output.", "software"},
    {"software", "major_faults", software(PERF_COUNT_SW_PAGE_FAULTS_MAJ), "major_faults",
     "Page faults that waited for input or output.", "software"},
    {"software", "context_switches", software(PERF_COUNT_SW_CONTEXT_SWITCHES), "context_switches",
     "Switches from one task to another.", "software", Movement::may_rest, Membership::required,
     Architectures::all, "", "", RaisedIn::kernel_mode},
    {"software", "migrations", software(PERF_COUNT_SW_CPU_MIGRATIONS), "migrations",
     "Tasks that moved to this CPU from another.", "software", Movement::may_rest,
     Membership::required, Architectures::all, "", "", RaisedIn::kernel_mode},
    {"software", "alignment_faults", software(PERF_COUNT_SW_ALIGNMENT_FAULTS), "alignment_faults",
     "Unaligned memory accesses that the kernel had to repair; x86 never raises them.", "software",
     Movement::may_rest, Membership::required, Architectures::not_x86},
    {"software", "emulation_faults", software(PERF_COUNT_SW_EMULATION_FAULTS), "emulation_faults",
     "Instructions that the kernel had to emulate; x86 never raises them.", "software",
     Movement::may_rest, Membership::required, Architectures::not_x86},
};

// `reads` tells whether any code must read from it. Nothing need go by the level 1 instruction
// cache (a cache of decoded operations), the instruction TLB (one large page), or another memory
// node.
struct CacheUnit {
  std::string_view label;
  std::uint64_t id;
  Movement reads = Movement::may_rest;
};

constexpr CacheUnit kCaches[] = {
    {"l1d", PERF_COUNT_HW_CACHE_L1D, Movement::with_instructions},
    {"l1i", PERF_COUNT_HW_CACHE_L1I},
    {"ll", PERF_COUNT_HW_CACHE_LL, Movement::with_instructions},
    {"dtlb", PERF_COUNT_HW_CACHE_DTLB, Movement::with_instructions},
    {"itlb", PERF_COUNT_HW_CACHE_ITLB},
    {"bpu", PERF_COUNT_HW_CACHE_BPU, Movement::with_instructions},
    {"node", PERF_COUNT_HW_CACHE_NODE},
};

constexpr CacheUnit kOps[] = {
    {"read", PERF_COUNT_HW_CACHE_OP_READ},
    {"write", PERF_COUNT_HW_CACHE_OP_WRITE},
    {"prefetch", PERF_COUNT_HW_CACHE_OP_PREFETCH},
};

constexpr std::string_view kAccessesHelp =
    "Accesses of a cache by the kernel's generalised events: hits and misses together.";
constexpr std::string_view kMissesHelp =
    "Accesses that missed a cache by the kernel's generalised events.";

// The names of the cache events, made once: "l1d_read_accesses", ...; a group is named by its
// first.
#define PERF_EXPORTER_CACHE_NAMES(cache)                  \
  {cache "_read_accesses", cache "_read_misses"},         \
      {cache "_write_accesses", cache "_write_misses"}, { \
    cache "_prefetch_accesses", cache "_prefetch_misses"  \
  }
constexpr std::string_view kCacheNames[][2] = {
    PERF_EXPORTER_CACHE_NAMES("l1d"),  PERF_EXPORTER_CACHE_NAMES("l1i"),
    PERF_EXPORTER_CACHE_NAMES("ll"),   PERF_EXPORTER_CACHE_NAMES("dtlb"),
    PERF_EXPORTER_CACHE_NAMES("itlb"), PERF_EXPORTER_CACHE_NAMES("bpu"),
    PERF_EXPORTER_CACHE_NAMES("node"),
};
#undef PERF_EXPORTER_CACHE_NAMES

constexpr std::size_t kPairs = std::size(kCaches) * std::size(kOps);
constexpr std::size_t kPlain = std::size(kPlainEvents);

// config = cache | op << 8 | result << 16 (perf_event_open(2), PERF_TYPE_HW_CACHE).
constexpr Encoding cache_encoding(std::uint64_t cache, std::uint64_t op, std::uint64_t result) {
  return {PERF_TYPE_HW_CACHE, cache | (op << 8U) | (result << 16U)};
}

// The plain rows, then all accesses, then all misses: rows of one family stand together.
constexpr auto make_catalog() {
  std::array<CatalogEvent, kPlain + 2 * kPairs> rows{};
  std::copy(std::begin(kPlainEvents), std::end(kPlainEvents), rows.begin());
  for (std::size_t pair = 0; pair < kPairs; ++pair) {
    const CacheUnit& cache = kCaches[pair / std::size(kOps)];
    const CacheUnit& op = kOps[pair % std::size(kOps)];
    const auto row = [&](std::size_t result) {
      const bool is_read_access =
          op.id == PERF_COUNT_HW_CACHE_OP_READ && result == PERF_COUNT_HW_CACHE_RESULT_ACCESS;
      return CatalogEvent{"hw_cache",
                          kCacheNames[pair][result],
                          cache_encoding(cache.id, op.id, result),
                          result == 0 ? "hw_cache_accesses" : "hw_cache_misses",
                          result == 0 ? kAccessesHelp : kMissesHelp,
                          kCacheNames[pair][0],
                          is_read_access ? cache.reads : Movement::may_rest,
                          Membership::required,
                          Architectures::all,
                          cache.label,
                          op.label};
    };
    rows[kPlain + pair] = row(PERF_COUNT_HW_CACHE_RESULT_ACCESS);
    rows[kPlain + kPairs + pair] = row(PERF_COUNT_HW_CACHE_RESULT_MISS);
  }
  return rows;
}

constexpr auto kCatalog = make_catalog();

#if defined(__x86_64__) || defined(__i386__)
constexpr bool kIsX86 = true;
#else
constexpr bool kIsX86 = false;
#endif

constexpr bool raised_here(const CatalogEvent& event) {
  return !(kIsX86 && event.architectures == Architectures::not_x86);
}

}  // namespace

std::span<const CatalogEvent> event_catalog() {
  return kCatalog;
}

std::string describe(const CatalogEvent& event) {
  return std::string(event.help) + (event.raised_in == RaisedIn::kernel_mode
                                        ? " Happens in kernel mode."
                                        : " Counts user and kernel mode.");
}

std::span<const CollectorInfo> collector_table() {
  return kCollectors;
}

Event event_of(const CatalogEvent& row) {
  Event event;
  event.name = row.name;
  event.collector = row.collector;
  event.encoding = row.encoding;
  event.metric = row.metric;
  event.help = describe(row);
  event.group = row.group;
  event.movement = row.movement;
  event.membership = row.membership;
  if (!row.cache.empty()) {
    event.labels = {{"cache", std::string(row.cache)}, {"op", std::string(row.op)}};
    event.presence = Presence::optional;
  }
  return event;
}

EventSet events_of(const std::vector<std::string>& collectors) {
  std::vector<Event> events;
  for (const CatalogEvent& row : kCatalog) {
    const bool wanted =
        std::find(collectors.begin(), collectors.end(), row.collector) != collectors.end();
    if (wanted && raised_here(row)) {
      events.push_back(event_of(row));
    }
  }
  return EventSet(std::move(events));
}

}  // namespace perf_exporter
