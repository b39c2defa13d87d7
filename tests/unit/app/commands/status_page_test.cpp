#include "app/commands/status_page.h"

#include <gmock/gmock.h>

#include "collectors/events/event_catalog.h"

namespace perf_exporter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const Options& options) {
  const std::vector<SnapshotTarget> no_cpus;
  Snapshot now;
  now.begin(std::make_shared<SnapshotShape>(1, events_of({"software"}), no_cpus, Retired()), {});
  return status_page(options, now, std::nullopt);
}

// Behind a proxy the page may stand at /node-3/perf/.
TEST(StatusPage, LinksToItsNeighbours) {
  Options options;
  options.telemetry_path = "/a:b/metrics";
  EXPECT_THAT(page_of(options),
              AllOf(HasSubstr("href=\"./a:b/metrics\""), HasSubstr("href=\"./probe\""),
                    HasSubstr("href=\"./-/ready\""), HasSubstr("href=\"./version\""),
                    Not(HasSubstr("href=\"/"))));
}

TEST(StatusPage, SaysWhatIsNotKnownYet) {
  Options options;
  options.telemetry_path = "/metrics";
  EXPECT_THAT(page_of(options),
              AllOf(HasSubstr("Which CPUs are counted is not known yet."), Not(HasSubstr("CPU .")),
                    HasSubstr("<td>page_faults</td><td>software</td><td>not known yet</td>")));
}

}  // namespace
}  // namespace perf_exporter
