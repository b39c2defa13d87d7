// The encoder says the same as prometheus-cpp's TextSerializer does for the same samples.
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cmath>
#include <random>
#include <string>

#include "exposition/encoder.h"
#include "exposition/family_header.h"
#include "unit/exposition/example_tables.h"
#include "unit/exposition/text_parser.h"

namespace perf_exporter {
namespace {

using testing_text::parse_text;
using testing_text::ParsedFamily;
using testing_text::ParsedText;

double as_double(const Value& value, ValueKind kind) {
  switch (kind) {
    case ValueKind::integer:
      return static_cast<double>(value.count);
    case ValueKind::nanoseconds:
      return static_cast<double>(static_cast<long double>(value.count) / 1e9L);
    case ValueKind::real:
      break;
  }
  return value.real;
}

prometheus::MetricFamily convert(const Layout& layout, const Family& family, const Value* values) {
  prometheus::MetricFamily converted{family.name, family.help, prometheus::MetricType::Gauge, {}};
  if (family.type == MetricType::counter) {
    converted.type = prometheus::MetricType::Counter;
  }
  const std::vector<Labels> sets = label_sets(layout, family);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (!values[i].present) {
      continue;
    }
    prometheus::ClientMetric metric;
    metric.counter.value = metric.gauge.value = as_double(values[i], family.kind);
    for (const auto& [name, value] : sets[i]) {
      metric.label.push_back({name, value});
    }
    converted.metric.push_back(metric);
  }
  return converted;
}

ParsedText by_prometheus_cpp(const SampleTable& table) {
  std::vector<prometheus::MetricFamily> families;
  const Value* values = table.values.data();
  for (const Family& family : table.layout.families) {
    families.push_back(convert(table.layout, family, values));
    values += table.layout.series_of(family);
    if (families.back().metric.empty()) {
      families.pop_back();
    }
  }
  return parse_text(prometheus::TextSerializer().Serialize(families));
}

ParsedText by_encoder(const SampleTable& table, Format format) {
  Encoder encoder;
  std::string out;
  encoder.encode(table, {}, format, {}, out);
  return parse_text(out);
}

// TextSerializer writes 16 significant digits, ours all of them: two values are the same where the
// one is the other rounded so.
void expect_same_value(double ours, double theirs) {
  if (std::isnan(theirs)) {
    EXPECT_TRUE(std::isnan(ours));
  } else if (std::isinf(theirs) || std::fabs(theirs) < 1e15) {
    // Half a unit of the last digit, and half one of the double that either text becomes.
    constexpr double kSixteenDigits = 5e-16 + std::numeric_limits<double>::epsilon();
    EXPECT_TRUE(ours == theirs || std::fabs(ours - theirs) <= kSixteenDigits * std::fabs(theirs))
        << ours << " " << theirs;
  } else {
    EXPECT_NEAR(ours / theirs, 1, 1e-15);
  }
}

void expect_same_family(const ParsedFamily& ours, const ParsedFamily& theirs) {
  EXPECT_EQ(ours.type, theirs.type);
  EXPECT_EQ(ours.help, theirs.help);
  ASSERT_EQ(ours.samples.size(), theirs.samples.size());
  auto other = theirs.samples.begin();
  for (const auto& [key, value] : ours.samples) {
    EXPECT_EQ(key, other->first);
    expect_same_value(value, other->second);
    ++other;
  }
}

void expect_same(const SampleTable& table) {
  const ParsedText theirs = by_prometheus_cpp(table);
  const ParsedText text = by_encoder(table, Format::text);
  const ParsedText openmetrics = by_encoder(table, Format::openmetrics);
  EXPECT_FALSE(text.ended);
  EXPECT_TRUE(openmetrics.ended);
  ASSERT_EQ(text.families.size(), theirs.families.size());
  ASSERT_EQ(openmetrics.families.size(), theirs.families.size());
  for (const auto& [name, family] : theirs.families) {
    ASSERT_TRUE(text.families.contains(name)) << name;
    expect_same_family(text.families.at(name), family);
    const std::string short_name(family.type == "counter" ? without_total(name) : name);
    ASSERT_TRUE(openmetrics.families.contains(short_name)) << short_name;
    expect_same_family(openmetrics.families.at(short_name), family);
  }
}

class RandomTables {
 public:
  SampleTable next() {
    SampleTable table;
    table.layout.generation = ++generation_;
    const std::size_t labels = below(3);  // of rows, which have them all or none
    for (std::size_t i = labels == 0 ? below(2) : below(9); i > 0; --i) {
      table.layout.rows.push_back(std::make_shared<const Labels>(label_set("row_", i, labels)));
    }
    for (std::size_t i = below(8); i > 0; --i) {
      table.layout.families.push_back(random_family(i));
      const Family& family = table.layout.families.back();
      for (std::size_t j = table.layout.series_of(family); j > 0; --j) {
        table.values.push_back(value());
      }
    }
    return table;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  Family random_family(std::size_t number) {
    Family family;
    family.type = below(2) == 0 ? MetricType::counter : MetricType::gauge;
    family.name = "perf_family_" + std::to_string(number) +
                  (family.type == MetricType::counter ? "_total" : "");
    // Without what needs escaping: TextSerializer does not escape HELP.
    family.help = "Help of family " + std::to_string(number) + ".";
    family.kind = std::array{ValueKind::integer, ValueKind::nanoseconds, ValueKind::real}[below(3)];
    family.spread = below(2) == 0 ? Spread::once : Spread::by_row;
    const std::size_t labels = below(4);
    const std::size_t series = labels == 0 ? below(2) : below(9);
    for (std::size_t i = 0; i < series; ++i) {
      family.series.push_back(label_set("label_", i, labels));
    }
    return family;
  }

  Labels label_set(const std::string& names, std::size_t series, std::size_t count) {
    Labels labels;
    for (std::size_t i = 0; i < count; ++i) {
      labels.emplace_back(names + std::to_string(i), text());
    }
    if (count > 0) {
      labels.back().second += std::to_string(series);
    }
    return labels;
  }

  std::string text() {
    constexpr std::array<std::string_view, 10> kPieces = {"a",   "Z9", "\"", "\\",       "\n",
                                                          "\\n", "{",  "}",  "\xC3\xA4", "=,# "};
    std::string made;
    for (std::size_t i = below(6); i > 0; --i) {
      made += kPieces[below(kPieces.size())];
    }
    return made;
  }

  Value value() {
    if (below(4) == 0) {
      return Value::absent();
    }
    Value value = Value::of_count(((Count{random_()} << 64) | random_()) >> below(128));
    value.real = real();
    return value;
  }

  double real() {
    switch (below(8)) {
      case 0:
        return std::nan("");
      case 1:
        return std::numeric_limits<double>::infinity();
      case 2:
        return -std::numeric_limits<double>::infinity();
      case 3:
        return 0;
      default:
        return std::ldexp(static_cast<double>(random_()), -static_cast<int>(below(128))) *
               (below(2) == 0 ? 1 : -1);
    }
  }

  std::mt19937_64 random_{20240229};
  std::uint64_t generation_ = 0;
};

TEST(Equivalence, Example) {
  SampleTable table = testing_text::example_table();
  // What TextSerializer writes wrongly: an unescaped HELP, label values that are not UTF-8.
  table.layout.families[1].help = "Misses.";
  table.layout.families[3].series[0][0].second = "a\"b\\c\nd";
  expect_same(table);
}

TEST(Equivalence, RandomTables) {
  RandomTables tables;
  for (int i = 0; i < 300 && !testing::Test::HasFailure(); ++i) {
    expect_same(tables.next());
  }
}

TEST(Equivalence, IntegersUpTo15DigitsAreTheSame) {
  SampleTable table = testing_text::example_table();
  table.values[0] = Value::of_count(999'999'999'999'999);
  const testing_text::SampleKey key{"perf_cpu_cycles_total", {{"cpu", "0"}}};
  const auto value = [&key](const ParsedText& text) {
    return text.families.at("perf_cpu_cycles_total").samples.at(key);
  };
  EXPECT_EQ(value(by_encoder(table, Format::text)), 999'999'999'999'999);
  EXPECT_EQ(value(by_prometheus_cpp(table)), 999'999'999'999'999);
}

}  // namespace
}  // namespace perf_exporter
