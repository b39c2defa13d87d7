#include "collectors/events/event_catalog.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <prometheus/check_names.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "perf/encoding.h"

namespace perf_exporter {
namespace {

// A general-purpose PMU has four counters and the fixed ones on x86, six and one on Arm.
constexpr std::size_t kSmallestPmu = 4;

bool is_one_sentence(std::string_view help) {
  return !help.empty() && help.back() == '.' && help.find('\n') == std::string_view::npos &&
         help.find(". ") == std::string_view::npos && help.front() >= 'A' && help.front() <= 'Z';
}

TEST(EventCatalog, NamesAndEncodingsAreUnique) {
  std::set<std::string_view> names;
  std::set<std::pair<std::uint32_t, std::uint64_t>> encodings;
  for (const CatalogEvent& event : event_catalog()) {
    EXPECT_TRUE(names.insert(event.name).second) << event.name;
    EXPECT_TRUE(encodings.emplace(event.encoding.type, event.encoding.config).second) << event.name;
  }
  EXPECT_EQ(names.size(), event_catalog().size());
}

TEST(EventCatalog, MetricsAreValidNamesThatTellTheirEvent) {
  for (const CatalogEvent& event : event_catalog()) {
    const std::string metric = "perf_cpu_" + std::string(event.metric) + "_total";
    EXPECT_TRUE(prometheus::CheckMetricName(metric)) << metric;
    EXPECT_TRUE(prometheus::CheckLabelName(std::string(event.name))) << event.name;
    EXPECT_EQ(event.metric.find("total"), std::string_view::npos) << metric;
    if (event.cache.empty()) {
      EXPECT_EQ(event.metric, event.name);
    }
  }
}

TEST(EventCatalog, HelpIsOneSentence) {
  for (const CatalogEvent& event : event_catalog()) {
    EXPECT_TRUE(is_one_sentence(event.help)) << event.name << ": " << event.help;
  }
}

// perf_sw_event_sched in include/linux/perf_event.h raises these with the kernel's registers; all
// else is counted as the attr says.
TEST(EventCatalog, EveryEventTellsTheModesInWhichItIsCounted) {
  for (const CatalogEvent& event : event_catalog()) {
    const bool is_scheduling =
        event.encoding == Encoding{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES} ||
        event.encoding == Encoding{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS};
    EXPECT_EQ(describe(event),
              std::string(event.help) +
                  (is_scheduling ? " Happens in kernel mode." : " Counts user and kernel mode."));
    EXPECT_EQ(event.encoding.modes, CountedModes{}) << event.name;
  }
}

TEST(EventCatalog, CollectorsAndRowsBelongToEachOther) {
  std::set<std::string_view> in_table;
  for (const CollectorInfo& collector : collector_table()) {
    EXPECT_TRUE(in_table.insert(collector.name).second) << collector.name;
    EXPECT_FALSE(collector.help.empty());
    EXPECT_NE(collector.help.back(), '.') << "a fragment for a list";
  }
  std::set<std::string_view> in_rows;
  for (const CatalogEvent& event : event_catalog()) {
    EXPECT_TRUE(in_table.contains(event.collector)) << event.name;
    in_rows.insert(event.collector);
  }
  EXPECT_EQ(in_rows, in_table);
}

TEST(EventCatalog, TheDefaultsAreThoseOfTheCommandLine) {
  std::set<std::string_view> on;
  for (const CollectorInfo& collector : collector_table()) {
    if (collector.on_by_default) {
      on.insert(collector.name);
    }
  }
  EXPECT_EQ(on,
            (std::set<std::string_view>{"cycles", "instructions", "cache", "branch", "software"}));
}

TEST(EventCatalog, RowsOfOneMetricStandTogetherWithOneHelpAndCollector) {
  std::set<std::string_view> seen;
  const CatalogEvent* before = nullptr;
  for (const CatalogEvent& event : event_catalog()) {
    if (before == nullptr || before->metric != event.metric) {
      EXPECT_TRUE(seen.insert(event.metric).second) << event.metric << " comes twice";
    } else {
      EXPECT_EQ(event.help, before->help);
      EXPECT_EQ(event.collector, before->collector);
      EXPECT_NE(std::pair(event.cache, event.op), std::pair(before->cache, before->op));
    }
    before = &event;
  }
}

TEST(EventCatalog, SemanticGroupsFitASmallPmuAndHoldOneKindOfEvent) {
  std::map<std::string_view, std::vector<const CatalogEvent*>> groups;
  for (const CatalogEvent& event : event_catalog()) {
    groups[event.group].push_back(&event);
  }
  for (const auto& [name, events] : groups) {
    const bool software = events.front()->encoding.type == PERF_TYPE_SOFTWARE;
    EXPECT_EQ(software, name == "software") << name;
    EXPECT_LE(events.size(), software ? 100 : kSmallestPmu) << name;
    EXPECT_EQ(events.front()->membership, Membership::required) << "the leader of " << name;
    for (const CatalogEvent* event : events) {
      EXPECT_EQ(event->encoding.type == PERF_TYPE_SOFTWARE, software) << event->name;
    }
  }
}

TEST(EventCatalog, WhatGetsDividedIsOneGroup) {
  std::map<std::string_view, std::string_view> group;
  for (const CatalogEvent& event : event_catalog()) {
    group[event.name] = event.group;
  }
  EXPECT_EQ(group.at("cycles"), group.at("instructions"));
  EXPECT_EQ(group.at("cycles"), group.at("ref_cycles"));
  EXPECT_EQ(group.at("branches"), group.at("branch_misses"));
  EXPECT_EQ(group.at("cache_references"), group.at("cache_misses"));
  EXPECT_EQ(group.at("ll_read_accesses"), group.at("ll_read_misses"));
  EXPECT_NE(group.at("ll_read_accesses"), group.at("ll_write_accesses"));
}

TEST(EventCatalog, WhatCannotStayAtZeroIsHardwareAndNoMiss) {
  std::set<std::string_view> movers;
  for (const CatalogEvent& event : event_catalog()) {
    if (event.movement == Movement::with_instructions) {
      movers.insert(event.name);
      EXPECT_NE(event.encoding.type, PERF_TYPE_SOFTWARE) << event.name;
      EXPECT_EQ(event.name.find("misses"), std::string_view::npos) << event.name;
    }
  }
  EXPECT_EQ(movers, (std::set<std::string_view>{"cycles", "instructions", "ref_cycles", "branches",
                                                "cache_references", "stalled_cycles_frontend",
                                                "stalled_cycles_backend", "bus_cycles",
                                                "l1d_read_accesses", "ll_read_accesses",
                                                "dtlb_read_accesses", "bpu_read_accesses"}));
}

TEST(EventCatalog, CacheEventsAreEncodedAsTheManualPageSays) {
  const auto rows = event_catalog();
  const auto row = std::find_if(rows.begin(), rows.end(), [](const CatalogEvent& event) {
    return event.name == "dtlb_write_misses";
  });
  ASSERT_NE(row, rows.end());
  EXPECT_EQ(row->encoding.type, PERF_TYPE_HW_CACHE);
  EXPECT_EQ(row->encoding.config, 3U | (1U << 8U) | (1U << 16U));
  EXPECT_EQ(row->metric, "hw_cache_misses");
  EXPECT_EQ(row->cache, "dtlb");
  EXPECT_EQ(row->op, "write");
}

TEST(EventCatalog, ChoosesTheRowsOfCollectorsThatThisArchitectureRaises) {
  const auto events = events_of({"software", "cycles", "no_such_collector"});
  std::vector<std::string_view> names;
  for (const Event& event : events) {
    names.push_back(event.name);
  }
  std::vector<std::string_view> expected;
  for (const CatalogEvent& row : event_catalog()) {
    if (row.collector == "cycles" || row.collector == "software") {
      expected.push_back(row.name);
    }
  }
#if defined(__x86_64__) || defined(__i386__)
  std::erase(expected, "alignment_faults");
  std::erase(expected, "emulation_faults");
#endif
  EXPECT_EQ(names, expected);
  EXPECT_TRUE(events_of({}).empty());
}

}  // namespace
}  // namespace perf_exporter
