#include "host/topology.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

namespace perf_exporter {
namespace {

constexpr char kSpaces[] = " \t";

std::filesystem::path cpu_directory(const HostPaths& paths, CpuId cpu) {
  return paths.sysfs / "devices/system/cpu" / ("cpu" + std::to_string(to_int(cpu)));
}

// The node link of a CPU directory: "node0".
std::string numa_node_of(const std::filesystem::path& directory) {
  constexpr std::string_view kPrefix = "node";
  const auto names = list_directory(directory);
  if (names) {
    for (const std::string& name : *names) {
      if (name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
          name.find_first_not_of("0123456789", kPrefix.size()) == std::string::npos) {
        return name.substr(kPrefix.size());
      }
    }
  }
  return "";
}

// A number of the topology: -1 is what the kernel shows where nobody set one
// (asm-generic/topology.h and include/linux/topology.h: topology_physical_package_id).
std::string topology_of(const std::filesystem::path& directory, const char* file) {
  auto text = read_text(directory / "topology" / file).value_or("");
  return text == "-1" ? "" : text;
}

using Fields = std::map<std::string, std::string>;

// "key : value" lines up to the next empty one.
Fields next_block(std::istream& lines) {
  Fields fields;
  std::string line;
  while (std::getline(lines, line) && !line.empty()) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) {
      continue;
    }
    const std::string key = line.substr(0, line.find_last_not_of(kSpaces, colon - 1) + 1);
    const auto value = line.find_first_not_of(kSpaces, colon + 1);
    fields[key] = value == std::string::npos ? "" : line.substr(value);
  }
  return fields;
}

std::string first_of(const Fields& fields, const char* x86_key, const char* arm_key) {
  for (const char* key : {x86_key, arm_key}) {
    if (const auto field = fields.find(key); field != fields.end()) {
      return field->second;
    }
  }
  return "";
}

}  // namespace

CpuInfo read_cpu_info(const HostPaths& paths, CpuId cpu, std::string pmu) {
  const auto directory = cpu_directory(paths, cpu);
  return {cpu,
          topology_of(directory, "core_id"),
          topology_of(directory, "physical_package_id"),
          topology_of(directory, "die_id"),
          numa_node_of(directory),
          std::move(pmu)};
}

CpuList without_package(const HostPaths& paths, const CpuList& cpus) {
  CpuList unknown;
  std::copy_if(cpus.begin(), cpus.end(), std::back_inserter(unknown), [&](CpuId cpu) {
    return topology_of(cpu_directory(paths, cpu), "physical_package_id").empty();
  });
  return unknown;
}

CpuInfo updated(CpuInfo known, const CpuInfo& now) {
  for (const auto member :
       {&CpuInfo::core, &CpuInfo::package, &CpuInfo::die, &CpuInfo::numa_node, &CpuInfo::pmu}) {
    if (!(now.*member).empty()) {
      known.*member = now.*member;
    }
  }
  return known;
}

std::vector<CpuModel> read_cpu_models(const HostPaths& paths, const PmuNameOf& pmu_of) {
  std::vector<CpuModel> models;
  std::istringstream lines(read_text(paths.procfs / "cpuinfo").value_or(""));
  while (lines) {
    const Fields fields = next_block(lines);
    const auto processor = fields.find("processor");
    int number = 0;
    if (processor == fields.end() ||
        std::from_chars(processor->second.data(),
                        processor->second.data() + processor->second.size(), number)
                .ec != std::errc{}) {
      continue;
    }
    const CpuModel model{
        first_of(fields, "vendor_id", "CPU implementer"),
        first_of(fields, "cpu family", "CPU architecture"), first_of(fields, "model", "CPU part"),
        first_of(fields, "stepping", "CPU revision"), pmu_of ? pmu_of(CpuId{number}) : ""};
    const bool is_known = !(model.vendor + model.family + model.model + model.stepping).empty();
    if (is_known && std::find(models.begin(), models.end(), model) == models.end()) {
      models.push_back(model);
    }
  }
  return models;
}

}  // namespace perf_exporter
