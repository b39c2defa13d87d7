#include "exposition/layout_rules.h"

#include <gmock/gmock.h>

#include <string>

namespace perf_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Family family(std::string name, MetricType type = MetricType::counter) {
  return {std::move(name), "Some help.", type, ValueKind::integer, "", {{{"cpu", "0"}}}};
}

std::vector<std::string> check(Family one) {
  Layout layout;
  layout.families.push_back(std::move(one));
  return check_layout(layout);
}

InfoFamilies own(const std::string& name, prometheus::MetricType type) {
  InfoFamilies metrics;
  metrics.families.push_back({name, "Some help.", type, {}});
  return metrics;
}

TEST(CheckLayout, PassesAGoodOne) {
  Layout layout{1, {family("perf_cpu_cycles_total"), family("perf_cpu_info", MetricType::gauge)}};
  layout.families[0].series.push_back({{"cpu", "1"}});
  EXPECT_THAT(check_layout(layout), IsEmpty());
}

TEST(CheckLayout, ChecksRows) {
  Family of_rows = family("a_total");
  of_rows.series = {{}, {{"op", "read"}}};
  of_rows.spread = Spread::by_row;
  const auto row = [](Labels labels) { return std::make_shared<const Labels>(std::move(labels)); };
  EXPECT_THAT(check_layout({1, {of_rows}, {row({{"cpu", "0"}}), row({{"cpu", "1"}})}}), IsEmpty());
  EXPECT_THAT(check_layout({1, {of_rows}, {row({})}}), IsEmpty());
  EXPECT_THAT(check_layout({1, {of_rows}, {row({{"cpu", "0"}}), row({})}}),
              ElementsAre(HasSubstr("a row without labels beside others")));
  EXPECT_THAT(check_layout({1, {of_rows}, {row({{"op", "read"}})}}),
              testing::Contains(HasSubstr("label twice in a set: op")));
}

TEST(CheckLayout, ChecksMetricNames) {
  for (const std::string name : {"", "1a_total", "a-b_total", "a:b_total", "\xC3\xA4_total"}) {
    EXPECT_THAT(check(family(name)), testing::Contains(HasSubstr("not a metric name"))) << name;
  }
}

TEST(CheckLayout, ChecksSuffixes) {
  EXPECT_THAT(check(family("perf_cpu_cycles")), ElementsAre(HasSubstr("does not end in _total")));
  EXPECT_THAT(check(family("_total")), ElementsAre(HasSubstr("does not end in _total")));
  for (const std::string suffix : {"_total", "_created", "_bucket", "_count", "_sum"}) {
    EXPECT_THAT(check(family("perf" + suffix, MetricType::gauge)),
                ElementsAre(HasSubstr("ends in " + suffix)));
  }
}

TEST(CheckLayout, ChecksHelp) {
  Family one = family("a_total");
  one.help = "";
  EXPECT_THAT(check(one), ElementsAre(HasSubstr("no HELP")));
  one.help = "Two\nlines.";
  EXPECT_THAT(check(one), ElementsAre(HasSubstr("several lines")));
  one.help = "\xFF";
  EXPECT_THAT(check(one), ElementsAre(HasSubstr("not UTF-8")));
}

TEST(CheckLayout, ChecksLabelNames) {
  for (const std::string name : {"", "0cpu", "a-b", "a:b", "__name__"}) {
    Family one = family("a_total");
    one.series = {{{name, "x"}}};
    EXPECT_THAT(check(one), ElementsAre(HasSubstr("not a label name"))) << name;
  }
  Family twice = family("a_total");
  twice.series = {{{"cpu", "0"}, {"cpu", "1"}}};
  EXPECT_THAT(check(twice), ElementsAre(HasSubstr("label twice")));
}

TEST(CheckLayout, FindsTheSameSeriesTwice) {
  Family one = family("a_total");
  one.series = {{{"cpu", "0"}, {"op", "read"}}, {{"op", "read"}, {"cpu", "0"}}};
  EXPECT_THAT(check(one), ElementsAre(HasSubstr("same labels cpu=0 op=read")));
  one.series = {{{"cpu", "0"}, {"op", ""}}, {{"cpu", "0"}}};
  EXPECT_THAT(check(one), ElementsAre(HasSubstr("same labels cpu=0")));
  one.series = {{}, {}};
  EXPECT_THAT(check(one), ElementsAre(HasSubstr("same labels")));
}

TEST(CheckLayout, FindsTheSameFamilyTwice) {
  EXPECT_THAT(check_layout({1, {family("a_total"), family("a_total")}}),
              testing::Contains(HasSubstr("another family has the name a_total")));
  EXPECT_THAT(check_layout({1, {family("a_total"), family("a", MetricType::gauge)}}),
              ElementsAre("a: another family has the name a"))
      << "they are one family to OpenMetrics";
}

TEST(CheckClashes, ComparesTableAndOwnMetrics) {
  const Layout layout{1, {family("a_total"), family("b_info", MetricType::gauge)}};
  using Type = prometheus::MetricType;
  EXPECT_THAT(check_clashes(layout, own("c_total", Type::Counter)), IsEmpty());
  EXPECT_THAT(check_clashes(layout, own("b", Type::Gauge)), IsEmpty());
  EXPECT_THAT(check_clashes(layout, own("b_info", Type::Gauge)), ElementsAre("b_info"));
  EXPECT_THAT(check_clashes(layout, own("a", Type::Gauge)), ElementsAre("a"));
  EXPECT_THAT(check_clashes(layout, own("a_total", Type::Counter)),
              UnorderedElementsAre("a", "a_created", "a_total"));
}

TEST(CheckClashes, FindsTwoOwnMetricsOfOneName) {
  InfoFamilies twice = own("a", prometheus::MetricType::Gauge);
  twice.families.push_back(twice.families.front());
  EXPECT_THAT(check_clashes({}, twice), ElementsAre("a"));
}

}  // namespace
}  // namespace perf_exporter
