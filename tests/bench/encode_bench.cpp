// Encoding one scrape: our encoder against prometheus-cpp's TextSerializer on the same samples, and
// against copying the bytes, the floor. Compare figures of one run only.
#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "collectors/families/info_families.h"
#include "collectors/families/sample_table.h"
#include "exposition/encoder.h"

namespace perf_exporter {
namespace {

constexpr int kCpus = 128;
constexpr int kCpuEvents = 40;
constexpr int kContainers = 300;
constexpr int kContainerEvents = 12;

Count random_count(std::mt19937_64& random) {
  return random() >> (random() % 40);  // 24 to 64 bits, as counters are after minutes to years
}

void add_family(SampleTable& table, std::mt19937_64& random, const std::string& name,
                std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    table.values.push_back(Value::of_count(random_count(random)));
  }
  table.layout.families.push_back({name,
                                   "Events of one kind since the exporter started.",
                                   MetricType::counter,
                                   ValueKind::integer,
                                   "bench",
                                   {{}},
                                   Spread::by_row});
}

Row row_of(Labels labels) {
  return std::make_shared<const Labels>(std::move(labels));
}

Row container_row(int container) {
  const std::string number = std::to_string(container);
  return row_of({{"namespace", "namespace-" + std::to_string(container % 20)},
                 {"pod", "deployment-7d4b9c6f5-" + number},
                 {"container", "application"},
                 {"pod_uid", "0b1c2d3e-4f50-6172-8394-a5b6c7d8" + number},
                 {"container_id", std::string(60, 'c') + number}});
}

// Shape A: 128 CPUs and 40 events.
SampleTable cpu_table() {
  std::mt19937_64 random(1);
  SampleTable table;
  table.layout.generation = 1;
  for (int cpu = 0; cpu < kCpus; ++cpu) {
    table.layout.rows.push_back(row_of({{"cpu", std::to_string(cpu)}}));
  }
  for (int event = 0; event < kCpuEvents; ++event) {
    add_family(table, random, "perf_cpu_event_" + std::to_string(event) + "_total", kCpus);
  }
  return table;
}

// Shape B: 300 containers and 12 events, five labels.
SampleTable container_table() {
  std::mt19937_64 random(2);
  SampleTable table;
  table.layout.generation = 1;
  for (int container = 0; container < kContainers; ++container) {
    table.layout.rows.push_back(container_row(container));
  }
  for (int event = 0; event < kContainerEvents; ++event) {
    add_family(table, random, "perf_container_event_" + std::to_string(event) + "_total",
               kContainers);
  }
  return table;
}

SampleTable table_of(const benchmark::State& state) {
  return state.range(0) == 0 ? cpu_table() : container_table();
}

std::vector<prometheus::MetricFamily> as_prometheus_cpp(const SampleTable& table) {
  std::vector<prometheus::MetricFamily> families;
  std::size_t index = 0;
  for (const Family& family : table.layout.families) {
    prometheus::MetricFamily converted{
        family.name, family.help, prometheus::MetricType::Counter, {}};
    for (const Labels& labels : label_sets(table.layout, family)) {
      prometheus::ClientMetric metric;
      metric.counter.value = static_cast<double>(table.values[index++].count);
      for (const auto& [name, value] : labels) {
        metric.label.push_back({name, value});
      }
      converted.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(converted));
  }
  return families;
}

void report(benchmark::State& state, std::size_t series, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(series));
  state.counters["bytes"] = static_cast<double>(bytes);
}

// A scrape whose layout is the last one's: the usual case.
void encode_known_layout(benchmark::State& state, Format format) {
  const SampleTable table = table_of(state);
  const InfoFamilies info;
  const CollectorFilter all;
  Encoder encoder;
  std::string out;
  for (auto _ : state) {
    out.clear();
    encoder.encode(table, info, format, all, out);
    benchmark::DoNotOptimize(out.data());
  }
  report(state, table.values.size(), out.size());
}

// A scrape after a row went and another came.
void encode_new_layout(benchmark::State& state) {
  SampleTable table = table_of(state);
  const std::vector<Row> others = {container_row(-1), container_row(-2)};
  const InfoFamilies info;
  const CollectorFilter all;
  Encoder encoder;
  std::string out;
  for (auto _ : state) {
    out.clear();
    table.layout.rows.back() = others[++table.layout.generation % 2];
    encoder.encode(table, info, Format::text, all, out);
    benchmark::DoNotOptimize(out.data());
  }
  report(state, table.values.size(), out.size());
}

// prometheus-cpp on families that are already there: what Registry::Collect costs is not counted.
void text_serializer(benchmark::State& state) {
  const SampleTable table = table_of(state);
  const auto families = as_prometheus_cpp(table);
  const prometheus::TextSerializer serializer;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string out = serializer.Serialize(families);
    benchmark::DoNotOptimize(out.data());
    bytes = out.size();
  }
  report(state, table.values.size(), bytes);
}

void copy_bytes(benchmark::State& state) {
  const SampleTable table = table_of(state);
  std::string encoded;
  Encoder().encode(table, {}, Format::text, {}, encoded);
  std::string out;
  for (auto _ : state) {
    out.clear();
    out += encoded;
    benchmark::DoNotOptimize(out.data());
  }
  report(state, table.values.size(), out.size());
}

// Argument 0: shape A, 1: shape B.
BENCHMARK_CAPTURE(encode_known_layout, text, Format::text)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(encode_known_layout, openmetrics, Format::openmetrics)->Arg(0)->Arg(1);
BENCHMARK(encode_new_layout)->Arg(0)->Arg(1);
BENCHMARK(text_serializer)->Arg(0)->Arg(1);
BENCHMARK(copy_bytes)->Arg(0)->Arg(1);

}  // namespace
}  // namespace perf_exporter

BENCHMARK_MAIN();
