#include "app/commands/strict.h"

#include <gmock/gmock.h>

#include "collectors/events/event_catalog.h"

namespace perf_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Cycles with instructions, and software events, on two CPUs.
ProbeReport all_open() {
  ProbeReport report;
  for (const char* event : {"cycles", "instructions", "page_faults"}) {
    report.events.push_back({event, "cpu", "opens", "", "0-1"});
  }
  report.findings.push_back({"permitted", Severity::ok, "", "", "", ""});
  return report;
}

ProbeReport with_row(const EventTrial& row) {
  ProbeReport report = all_open();
  report.events.push_back(row);
  return report;
}

ProbeReport with_finding(const char* id, Severity severity) {
  ProbeReport report = all_open();
  report.findings.push_back({id, severity, "", "", "", ""});
  return report;
}

std::vector<std::string> unmet(const ProbeReport& report, const Options& options = {}) {
  return unmet_wants(options, report, {});
}

TEST(Strict, IsContentWhereAllThatIsWantedIsCounted) {
  EXPECT_THAT(unmet(all_open()), IsEmpty());
}

// One event of a collector that opens does not make up for another that does not.
TEST(Strict, WantsEveryEvent) {
  EXPECT_THAT(unmet(with_row({"cache_misses", "cpu", "unsupported", "ENOENT", "0-1"})),
              ElementsAre("cache_misses: unsupported on CPU 0-1 (ENOENT)"));
  EXPECT_THAT(unmet(with_row({"cycles", "cpu", "unsupported", "EINVAL", "1"})),
              ElementsAre("cycles: unsupported on CPU 1 (EINVAL)"));
  EXPECT_THAT(unmet(with_row({"cycles", "cpu", "busy", "EBUSY", "1"})),
              ElementsAre("cycles: busy on CPU 1 (EBUSY)"));
  EXPECT_THAT(unmet(with_row({"cycles", "cpu", "refused", "EACCES", "1"})),
              ElementsAre("cycles: refused on CPU 1 (EACCES)"));
  EXPECT_THAT(unmet(with_row({"cycles", "cpu", "untried", "", "1"})),
              ElementsAre("cycles: untried on CPU 1"));
  EXPECT_THAT(unmet_wants({}, all_open(), {"cycles"}), ElementsAre("cycles: untrusted"));
}

TEST(Strict, WantsWhatWasNamed) {
  for (const char* id : {"cpu_not_online", "package_unknown", "counters_taken"}) {
    EXPECT_THAT(unmet(with_finding(id, Severity::warn)), ElementsAre(id));
  }
  EXPECT_THAT(unmet(with_finding("event_refused", Severity::fail)), ElementsAre("event_refused"));
  const ProbeReport without_guests = with_finding("guests_excluded", Severity::warn);
  EXPECT_THAT(unmet(without_guests), IsEmpty());
  Options options;
  options.guests = GuestChoice::include;
  EXPECT_THAT(unmet(without_guests, options), ElementsAre("guests_excluded"));
}

TEST(Strict, WantsOfSomeEventsWhatTheCpuHas) {
  Options options;
  options.collectors = {"cycles", "software"};
  EXPECT_THAT(unmet(with_row({"ref_cycles", "cpu", "unsupported", "ENOENT", "0-1"}), options),
              IsEmpty());
  EXPECT_THAT(unmet(with_row({"ref_cycles", "cpu", "refused", "EACCES", "0"}), options),
              ElementsAre("ref_cycles: refused on CPU 0 (EACCES)"));
  options.collectors.emplace_back("hw_cache");
  const auto& catalog = event_catalog();
  const auto cached = std::find_if(catalog.begin(), catalog.end(),
                                   [](const CatalogEvent& event) { return !event.cache.empty(); });
  const std::string name(cached->name);
  ProbeReport lacking = with_row({name, "cpu", "unsupported", "ENOENT", "0-1"});
  EXPECT_THAT(unmet(lacking, options), ElementsAre("collector hw_cache: nothing of it opens"));
  lacking.events.push_back({std::string((cached + 1)->name), "cpu", "opens", "", "0-1"});
  EXPECT_THAT(unmet(lacking, options), IsEmpty());
}

TEST(Strict, TakesTheMachineAsItIsBuilt) {
  ProbeReport hybrid = with_row({"cycles", "cpu", "unsupported", "ENOENT", "8-15"});
  hybrid.findings.push_back({"hybrid_core_type", Severity::warn, "", "", "", ""});
  EXPECT_THAT(unmet(hybrid), IsEmpty());
  hybrid.events.push_back({"bus_cycles", "cpu", "unsupported", "ENOENT", "0-15"});
  EXPECT_THAT(unmet(hybrid), ElementsAre("bus_cycles: unsupported on CPU 0-15 (ENOENT)"));
  EXPECT_THAT(unmet(with_row({"cycles", "cpu", "offline", "ENODEV", "1"})), IsEmpty());
  EXPECT_THAT(unmet(with_finding("counters_shared", Severity::warn)), IsEmpty());
}

}  // namespace
}  // namespace perf_exporter
