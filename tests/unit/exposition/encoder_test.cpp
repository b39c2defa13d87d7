#include "exposition/encoder.h"

#include <gtest/gtest.h>

#include <locale>
#include <sstream>
#include <string>

#include "exposition/info_text.h"
#include "exposition/layout_rules.h"
#include "unit/exposition/example_tables.h"

namespace perf_exporter {
namespace {

using testing_text::example_info;
using testing_text::example_table;

std::string encode(Encoder& encoder, const SampleTable& table, Format format,
                   const CollectorFilter& filter = {}) {
  std::string out;
  encoder.encode(table, {}, format, filter, out);
  return out;
}

std::string encode(const SampleTable& table, Format format, const CollectorFilter& filter = {}) {
  Encoder encoder;
  return encode(encoder, table, format, filter);
}

bool shows(const std::string& text, const std::string& name) {
  return text.find("\n" + name + "{") != std::string::npos ||
         text.find("\n" + name + " ") != std::string::npos;
}

SampleTable one_series(std::uint64_t generation, const std::string& cpu) {
  SampleTable table;
  table.layout = {
      generation,
      {{"a_total", "A.", MetricType::counter, ValueKind::integer, "", {{{"cpu", cpu}}}}}};
  table.values = {Value::of_count(1)};
  return table;
}

TEST(Encoder, WritesText) {
  EXPECT_EQ(encode(example_table(), Format::text),
            "# HELP perf_cpu_cycles_total CPU cycles.\n"
            "# TYPE perf_cpu_cycles_total counter\n"
            "perf_cpu_cycles_total{cpu=\"0\"} 12345678901234567\n"
            "perf_cpu_cycles_total{cpu=\"2\"} 0\n"
            "# HELP perf_cpu_group_enabled_seconds_total Time enabled.\n"
            "# TYPE perf_cpu_group_enabled_seconds_total counter\n"
            "perf_cpu_group_enabled_seconds_total{cpu=\"0\",group=\"cycles\"} 1.500000001\n"
            "# HELP perf_cpu_model_info The model.\n"
            "# TYPE perf_cpu_model_info gauge\n"
            "perf_cpu_model_info{vendor=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\",family=\"\"} 1\n"
            "# HELP perf_exporter_collector_duration_seconds Time taken.\n"
            "# TYPE perf_exporter_collector_duration_seconds gauge\n"
            "perf_exporter_collector_duration_seconds{collector=\"cycles\"} 0.25\n"
            "# HELP perf_node_instructions_total Instructions.\n"
            "# TYPE perf_node_instructions_total counter\n"
            "perf_node_instructions_total 18446744073709551616\n");
}

TEST(Encoder, WritesOpenMetrics) {
  SampleTable table = example_table();
  table.values[1] = Value::of_count(5);
  table.values[3] = Value::of_count(6);
  const std::string text = encode(table, Format::openmetrics);
  EXPECT_TRUE(
      text.starts_with("# HELP perf_cpu_cycles CPU cycles.\n"
                       "# TYPE perf_cpu_cycles counter\n"
                       "perf_cpu_cycles_total{cpu=\"0\"} 12345678901234567\n"
                       "perf_cpu_cycles_total{cpu=\"1\"} 5\n"
                       "perf_cpu_cycles_total{cpu=\"2\"} 0\n"
                       "# HELP perf_cpu_cache_misses What misses means\\\\differs: "
                       "\\\"see\\\" docs.\n"
                       "# TYPE perf_cpu_cache_misses counter\n"
                       "perf_cpu_cache_misses_total{cpu=\"0\"} 6\n"))
      << text;
  EXPECT_TRUE(text.ends_with("perf_node_instructions_total 18446744073709551616\n# EOF\n"));
  EXPECT_NE(text.find("# TYPE perf_cpu_model_info gauge\n"), std::string::npos);
  EXPECT_EQ(text.find("_created"), std::string::npos);
}

TEST(Encoder, EndsOnlyOpenMetricsWithEof) {
  EXPECT_EQ(encode({}, Format::text), "");
  EXPECT_EQ(encode({}, Format::openmetrics), "# EOF\n");
}

TEST(Encoder, AppendsAndPutsOwnMetricsLast) {
  Encoder encoder;
  std::string out = "before\n";
  encoder.encode(one_series(1, "0"), example_info(), Format::openmetrics, {}, out);
  EXPECT_EQ(out, "before\n# HELP a A.\n# TYPE a counter\na_total{cpu=\"0\"} 1\n" +
                     info_text(example_info(), Format::openmetrics) + "# EOF\n");
}

// Lines are gathered in blocks: none may be lost, torn or moved where a block ends, whatever its
// length.
TEST(Encoder, WritesLinesOfAnyNumberAndLength) {
  SampleTable table;
  table.layout.families = {{"a_total", "", MetricType::counter, ValueKind::integer, "", {}}};
  std::string expected = "# TYPE a_total counter\n";
  for (std::size_t length = 0; length < 9000; length += length < 200 ? 1 : 1111) {
    const std::string label(length, 'x');
    table.layout.families[0].series.push_back({{"label", label}});
    table.values.push_back(Value::of_count(~Count{0} - length));
    expected += "a_total{label=\"" + label + "\"} 340282366920938463463374607431768" +
                std::to_string(211455 - length) + "\n";
  }
  EXPECT_EQ(encode(table, Format::text), expected);
}

// A family of two series, for each of these rows.
SampleTable table_of_rows(std::uint64_t generation, std::vector<Row> rows) {
  SampleTable table;
  table.layout = {generation,
                  {{"a_total",
                    "",
                    MetricType::counter,
                    ValueKind::integer,
                    "",
                    {{}, {{"op", "read"}}},
                    Spread::by_row}},
                  std::move(rows)};
  for (std::size_t i = 0; i < 2 * table.layout.rows.size(); ++i) {
    table.values.push_back(Value::of_count(i));
  }
  return table;
}

Row row_of(const std::string& id) {
  return std::make_shared<const Labels>(Labels{{"id", id}});
}

TEST(Encoder, WritesASeriesForEachRow) {
  EXPECT_EQ(encode(table_of_rows(1, {row_of("x"), row_of(std::string(5000, 'y'))}), Format::text),
            "# TYPE a_total counter\na_total{id=\"x\"} 0\na_total{id=\"" + std::string(5000, 'y') +
                "\"} 1\na_total{id=\"x\",op=\"read\"} 2\na_total{id=\"" + std::string(5000, 'y') +
                "\",op=\"read\"} 3\n");
}

TEST(Encoder, OneRowWithoutLabelsIsNone) {
  EXPECT_EQ(encode(table_of_rows(1, {std::make_shared<const Labels>()}), Format::text),
            "# TYPE a_total counter\na_total 0\na_total{op=\"read\"} 1\n");
}

// Values go on where they would have gone on, had the family been shown.
TEST(Encoder, WhatIsBehindAFamilyOfRowsThatIsNotShownIsRight) {
  SampleTable table = table_of_rows(1, {row_of("x"), row_of("y"), row_of("z")});
  table.layout.families[0].collector = "hidden";
  table.layout.families.push_back(
      {"b", "", MetricType::gauge, ValueKind::integer, "shown", {{}}, Spread::once});
  table.values.push_back(Value::of_count(77));
  CollectorFilter filter;
  filter.collect = {"shown"};
  EXPECT_EQ(encode(table, Format::text, filter), "# TYPE b gauge\nb 77\n");
}

TEST(RenderedLayout, ARowThatComesRendersItselfAlone) {
  std::vector<Row> rows;
  for (int i = 0; i < 1000; ++i) {
    rows.push_back(row_of("container " + std::to_string(i)));
  }
  const RenderedLayout first(table_of_rows(1, rows).layout, nullptr);
  EXPECT_EQ(first.rows_rendered(), 1000U);
  rows.erase(rows.begin() + 3);
  rows.insert(rows.begin() + 500, row_of("new"));
  const RenderedLayout second(table_of_rows(2, rows).layout, &first);
  EXPECT_EQ(second.rows_rendered(), 1U);
  ASSERT_EQ(second.rows().size(), 1000U);
  EXPECT_EQ(second.rows()[500], "id=\"new\"} ");
  EXPECT_EQ(second.rows()[3], "id=\"container 4\"} ");
}

TEST(Encoder, LeavesOutWhatIsAbsent) {
  SampleTable table = example_table();
  for (Value& value : table.values) {
    value = Value::absent();
  }
  EXPECT_EQ(encode(table, Format::text), "");
  table.values.clear();
  EXPECT_EQ(encode(table, Format::text), "") << "fewer values than series";
}

TEST(Encoder, RendersAnewWhenTheGenerationChanges) {
  Encoder encoder;
  EXPECT_NE(encode(encoder, one_series(0, "0"), Format::text).find("{cpu=\"0\"}"),
            std::string::npos);
  EXPECT_NE(encode(encoder, one_series(1, "1"), Format::text).find("{cpu=\"1\"}"),
            std::string::npos);
  EXPECT_NE(encode(encoder, one_series(2, "2"), Format::openmetrics).find("{cpu=\"2\"}"),
            std::string::npos);
  EXPECT_NE(encode(encoder, one_series(1, "1"), Format::openmetrics).find("{cpu=\"1\"}"),
            std::string::npos)
      << "an older one, seen by a slower scrape";
}

TEST(Encoder, KeepsWhatItRenderedWhileTheGenerationStays) {
  Encoder encoder;
  encode(encoder, one_series(4, "0"), Format::text);
  SampleTable table = one_series(4, "1");
  table.values = {Value::of_count(9)};
  EXPECT_NE(encode(encoder, table, Format::text).find("{cpu=\"0\"} 9\n"), std::string::npos);
}

TEST(Encoder, SerialisesOwnMetricsAnewWhenTheirGenerationChanges) {
  Encoder encoder;
  InfoFamilies info = example_info();
  const auto write = [&](Format format) {
    std::string out;
    encoder.encode({}, info, format, {}, out);
    return out;
  };
  const std::string text = write(Format::text);
  const std::string openmetrics = write(Format::openmetrics);
  info.families.back().metric.front().counter.value = 42;
  EXPECT_EQ(write(Format::text), text) << "the generation is the same";
  ++info.generation;
  EXPECT_EQ(write(Format::text), info_text(info, Format::text));
  EXPECT_EQ(write(Format::openmetrics), info_text(info, Format::openmetrics) + "# EOF\n");
  EXPECT_NE(write(Format::openmetrics), openmetrics);
}

TEST(Encoder, ShowsCollectedCollectors) {
  const std::string text = encode(example_table(), Format::text, {{"instructions"}, {}});
  EXPECT_TRUE(shows(text, "perf_node_instructions_total"));
  EXPECT_FALSE(shows(text, "perf_cpu_cycles_total"));
  EXPECT_EQ(text.find("perf_cpu_cycles_total"), std::string::npos) << "no header either";
  EXPECT_TRUE(shows(text, "perf_cpu_model_info")) << "of no collector";
}

TEST(Encoder, HidesExcludedCollectors) {
  const std::string text = encode(example_table(), Format::text, {{}, {"instructions", "cache"}});
  EXPECT_FALSE(shows(text, "perf_node_instructions_total"));
  EXPECT_TRUE(shows(text, "perf_cpu_cycles_total"));
  EXPECT_TRUE(shows(text, "perf_cpu_model_info"));
}

TEST(Encoder, ShowsOwnMetricsWhateverTheFilter) {
  Encoder encoder;
  std::string out;
  encoder.encode(example_table(), example_info(), Format::text, {{"cycles"}, {}}, out);
  EXPECT_TRUE(shows(out, "perf_exporter_build_info"));
  EXPECT_TRUE(shows(out, "perf_cpu_cycles_total") || out.starts_with("# HELP perf_cpu_cycles"));
  EXPECT_FALSE(shows(out, "perf_node_instructions_total"));
}

// Decimal comma and dots between thousands, as in Germany, without the need for an installed
// locale.
class GermanNumbers : public std::numpunct<char> {
 protected:
  [[nodiscard]] char do_decimal_point() const override { return ','; }
  [[nodiscard]] char do_thousands_sep() const override { return '.'; }
  [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

class GlobalLocale {
 public:
  explicit GlobalLocale(const std::locale& locale) : before_(std::locale::global(locale)) {}
  GlobalLocale(const GlobalLocale&) = delete;
  GlobalLocale& operator=(const GlobalLocale&) = delete;
  ~GlobalLocale() { std::locale::global(before_); }

 private:
  std::locale before_;
};

TEST(Encoder, KnowsNoLocale) {
  const auto write = [](Format format) {
    Encoder encoder;
    std::string out;
    encoder.encode(example_table(), example_info(), format, {}, out);
    return out;
  };
  const std::string text = write(Format::text);
  const std::string openmetrics = write(Format::openmetrics);
  const GlobalLocale german(std::locale(std::locale::classic(), new GermanNumbers));
  std::ostringstream witness;
  witness << 1234.5;
  ASSERT_EQ(witness.str(), "1.234,5") << "the locale is in force";
  EXPECT_EQ(write(Format::text), text);
  EXPECT_EQ(write(Format::openmetrics), openmetrics);
}

TEST(Encoder, ExampleKeepsTheRules) {
  EXPECT_TRUE(check_layout(example_table().layout).empty());
  EXPECT_TRUE(check_clashes(example_table().layout, example_info()).empty());
}

}  // namespace
}  // namespace perf_exporter
