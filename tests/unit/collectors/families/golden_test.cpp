// The whole answer of /metrics for recorded hosts, compared with tests/golden. UPDATE_GOLDEN=1 in
// the environment writes the files anew.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <sstream>

#include "unit/collectors/counting/machine.h"
#include "unit/collectors/families/served_host.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;

HostPaths recorded(const std::string& host) {
  const auto root = std::filesystem::path(FIXTURES) / "hosts" / host;
  return {root / "proc", root / "sys", root / "sys/fs/cgroup"};
}

// Every event at a rate of its own on every CPU; hardware events see `percent` of it.
void count_everything(FakePerfKernel& kernel, std::uint64_t percent) {
  kernel.count({}, [percent](const perf_event_attr& attr, int cpu, int n) {
    const bool software = attr.type == PERF_TYPE_SOFTWARE;
    const std::uint64_t generic = attr.config & 0xffffffffU;
    const std::uint64_t rate =
        (software ? 100U : 100'000'000U) * (generic + 1) + 10 * static_cast<std::uint64_t>(cpu);
    return course(rate, software ? 100 : percent)(attr, cpu, n);
  });
}

// As a kernel with cpu_core (type 4) on CPUs 0-1 and cpu_atom (type 10) on 2-3 answers: a plain
// generic event belongs to the former. The E cores have no reference cycles here.
void script_hybrid(FakePerfKernel& kernel) {
  count_everything(kernel, 100);
  FakePerfKernel::Match elsewhere;
  elsewhere.where = [](const OpenCall& call) {
    if (!is_hardware(call) || call.cpu < 0) {
      return false;
    }
    const std::uint64_t pmu = call.attr->config >> 32U;
    const bool on_atom = call.cpu >= 2;
    const bool reference_cycles = (call.attr->config & 0xffffffffU) == PERF_COUNT_HW_REF_CPU_CYCLES;
    return on_atom ? pmu != 10 || reference_cycles : pmu == 10;
  };
  kernel.refuse(elsewhere, ENOENT);
}

// A gate in front of everything but a user-mode event of the own task.
void script_refusal(FakePerfKernel& kernel) {
  FakePerfKernel::Match gated;
  gated.where = [](const OpenCall& call) { return call.attr != nullptr; };
  kernel.refuse(gated, EACCES);
}

struct Sample {
  std::string series;
  double value = 0;
};

std::vector<Sample> samples_of(const std::string& text) {
  std::vector<Sample> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) {
      const auto space = line.rfind(' ');
      samples.push_back({line.substr(0, space), std::strtod(line.c_str() + space, nullptr)});
    }
  }
  return samples;
}

// The family that a line of the answer belongs to.
std::string family_of(const std::string& line) {
  std::istringstream words(line);
  std::string name;
  words >> name;
  if (name == "#") {
    words >> name >> name;
  }
  return name.substr(0, name.find('{'));
}

// Without what differs from run to run and from compiler to compiler.
std::string lasting(const std::string& text) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string family = family_of(line);
    if (family.starts_with("process_") || family == "perf_exporter_collector_duration_seconds") {
      continue;
    }
    if (const auto compiler = line.find("compiler=\""); compiler != std::string::npos) {
      const auto value = compiler + std::string("compiler=\"").size();
      line.erase(value, line.find('"', value) - value);
    }
    kept += line + "\n";
  }
  return kept;
}

void expect_golden(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(GOLDEN) / (name + ".prom");
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing: run with UPDATE_GOLDEN=1";
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str()) << "UPDATE_GOLDEN=1 writes " << path << " anew";
}

void expect_no_fall(const std::string& before, const std::string& after) {
  std::map<std::string, double> old;
  for (const Sample& sample : samples_of(before)) {
    old[sample.series] = sample.value;
  }
  for (const Sample& sample : samples_of(after)) {
    const auto known = old.find(sample.series);
    if (known != old.end() && sample.series.find("_total") != std::string::npos) {
      EXPECT_GE(sample.value, known->second) << sample.series;
    }
  }
}

std::string promtool() {
  if (const char* named = std::getenv("PROMTOOL")) {
    return named;
  }
  return std::system("command -v promtool >/dev/null 2>&1") == 0 ? "promtool" : "";
}

void expect_promtool_is_silent(const std::string& text) {
  TempHost scratch;
  scratch.write_proc("metrics", text);
  const std::string command =
      promtool() + " check metrics < '" + (scratch.paths().procfs / "metrics").string() + "' 2>&1";
  FILE* output = ::popen(command.c_str(), "r");
  ASSERT_NE(output, nullptr);
  std::string said;
  for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output)) {
    said += static_cast<char>(c);
  }
  EXPECT_EQ(::pclose(output), 0);
  EXPECT_EQ(said, "");
}

// Two scrapes, the second of which is the golden one.
struct HostCase {
  const char* host;
  void (*script)(FakePerfKernel&);
};

// Names the case in lists of tests.
void PrintTo(const HostCase& host_case, std::ostream* out) {
  *out << host_case.host;
}

class Golden : public testing::TestWithParam<HostCase> {
 protected:
  void SetUp() override {
    GetParam().script(kernel_);
    host_.emplace(kernel_, recorded(GetParam().host));
    ASSERT_TRUE(host_->open());
    first_ = host_->scrape();
    second_ = host_->scrape();
  }

  FakePerfKernel kernel_;
  std::optional<ServedHost> host_;
  std::string first_;
  std::string second_;
};

TEST_P(Golden, IsServedAsRecorded) {
  expect_golden(GetParam().host, lasting(second_));
  expect_no_fall(first_, second_);
}

TEST_P(Golden, PromtoolHasNothingToSay) {
  if (promtool().empty()) {
    GTEST_SKIP() << "promtool is neither in PATH nor named by PROMTOOL";
  }
  expect_promtool_is_silent(first_);
  expect_promtool_is_silent(second_);
}

INSTANTIATE_TEST_SUITE_P(Hosts, Golden,
                         testing::Values(HostCase{"bare-metal-x86",
                                                  [](FakePerfKernel& kernel) {
                                                    count_everything(kernel, 60);
                                                  }},
                                         HostCase{"hybrid", script_hybrid},
                                         HostCase{"vm-no-pmu",
                                                  [](FakePerfKernel& kernel) {
                                                    count_everything(kernel, 100);
                                                    kernel.refuse(hardware(), ENOENT);
                                                  }},
                                         HostCase{"paranoid-3", script_refusal}),
                         [](const auto& info) {
                           std::string name = info.param.host;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

std::string node_answer(const char* online) {
  FakePerfKernel kernel;
  count_everything(kernel, 100);
  const TempHost machine(online);
  ServedHost host(kernel, machine.paths(), Aggregate::node);
  return host.open() ? host.scrape() : "";
}

TEST(GoldenAggregate, NodeIsServedAsRecordedAndAsLargeOn64CpusAsOn2) {
  const std::string large = node_answer("0-63");
  expect_golden("aggregate-node-64-cpus", lasting(large));
  const auto series_of = [](const std::string& text) {
    std::set<std::string> series;
    for (const Sample& sample : samples_of(text)) {
      series.insert(sample.series);
    }
    return series;
  };
  EXPECT_EQ(series_of(large), series_of(node_answer("0-1")));
}

}  // namespace
}  // namespace perf_exporter
