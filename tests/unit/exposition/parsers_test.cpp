// What Prometheus's own tools make of the output. Skipped where they are not installed: promtool
// (Debian: prometheus; or the path in PROMTOOL) and prometheus_client for /usr/bin/python3 (Debian:
// python3-prometheus-client).
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "exposition/encoder.h"
#include "unit/exposition/example_tables.h"

namespace perf_exporter {
namespace {

struct Outcome {
  int status = -1;
  std::string output;  // of both streams
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    return outcome;
  }
  std::array<char, 4096> part{};
  for (std::size_t size = 0; (size = fread(part.data(), 1, part.size(), pipe)) > 0;) {
    outcome.output.append(part.data(), size);
  }
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

// A folder of its own, gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "exposition-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

std::string encoded(Format format) {
  SampleTable table = testing_text::example_table();
  for (Value& value : table.values) {
    value.present = true;
  }
  Encoder encoder;
  std::string out;
  encoder.encode(table, testing_text::example_info(), format, {}, out);
  return out;
}

TEST(Parsers, PromtoolHasNothingToSay) {
  const char* given = getenv("PROMTOOL");
  const std::string promtool = given != nullptr ? given : "promtool";
  if (run("command -v '" + promtool + "'").status != 0) {
    GTEST_SKIP() << promtool << " is not installed";
  }
  const TemporaryFolder folder;
  const std::string file = folder.write("metrics.txt", encoded(Format::text));
  const Outcome outcome = run("'" + promtool + "' check metrics <'" + file + "'");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "");
  const std::string broken = folder.write("broken.txt", "a{b=\"c} 1\n");
  EXPECT_NE(run("'" + promtool + "' check metrics <'" + broken + "'").status, 0)
      << "promtool refuses what is wrong";
}

constexpr const char* kListFamilies = R"(
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for family in text_string_to_metric_families(file.read()):
        print(family.type, family.name, "|", repr(family.documentation))
        for sample in family.samples:
            print(" ", sample.name, sorted(sample.labels.items()), repr(float(sample.value)))
)";

TEST(Parsers, PrometheusClientReadsOpenMetrics) {
  const std::string python = "/usr/bin/python3";
  if (run(python + " -c 'import prometheus_client.openmetrics.parser'").status != 0) {
    GTEST_SKIP() << "python3-prometheus-client is not installed";
  }
  const TemporaryFolder folder;
  const std::string script = folder.write("list.py", kListFamilies);
  const std::string file = folder.write("metrics.txt", encoded(Format::openmetrics));
  const Outcome outcome = run(python + " -X utf8 '" + script + "' '" + file + "'");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, R"(counter perf_cpu_cycles | 'CPU cycles.'
  perf_cpu_cycles_total [('cpu', '0')] 1.2345678901234568e+16
  perf_cpu_cycles_total [('cpu', '1')] 0.0
  perf_cpu_cycles_total [('cpu', '2')] 0.0
counter perf_cpu_cache_misses | 'What misses means\\differs: "see" docs.'
  perf_cpu_cache_misses_total [('cpu', '0')] 0.0
counter perf_cpu_group_enabled_seconds | 'Time enabled.'
  perf_cpu_group_enabled_seconds_total [('cpu', '0'), ('group', 'cycles')] 1.500000001
gauge perf_cpu_model_info | 'The model.'
  perf_cpu_model_info [('family', ''), ('vendor', 'a"b\\c\nd)"
                            "\xEF\xBF\xBD"
                            R"(')] 1.0
gauge perf_exporter_collector_duration_seconds | 'Time taken.'
  perf_exporter_collector_duration_seconds [('collector', 'cycles')] 0.25
counter perf_node_instructions | 'Instructions.'
  perf_node_instructions_total [] 1.8446744073709552e+19
gauge perf_exporter_build_info | 'Built from\nthis "version".'
  perf_exporter_build_info [('version', '0.1"\n\\)"
                            "\xEF\xBF\xBD"
                            R"(')] 1.0
counter perf_exporter_scrapes | 'Scrapes.'
  perf_exporter_scrapes_total [('code', '200')] 1234567.5
  perf_exporter_scrapes_total [('code', '500')] 0.0
)");
  const std::string broken = folder.write("broken.txt", "# TYPE a counter\na 1\n# EOF\n");
  EXPECT_NE(run(python + " '" + script + "' '" + broken + "'").status, 0)
      << "the parser refuses what is wrong";
}

}  // namespace
}  // namespace perf_exporter
