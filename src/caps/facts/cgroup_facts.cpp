#include "caps/facts/cgroup_facts.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <system_error>

namespace perf_exporter {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool is_a_directory(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// Every v2 cgroup has this file, every cgroup of either kind the other.
bool is_v2(const fs::path& directory) {
  return is_there(directory / "cgroup.controllers");
}
bool is_cgroup(const fs::path& directory) {
  return is_there(directory / "cgroup.procs");
}

std::optional<CgroupMode> find_mode(const fs::path& cgroupfs) {
  const auto names = list_directory(cgroupfs);
  if (!names) {
    return std::nullopt;
  }
  if (is_v2(cgroupfs)) {
    return CgroupMode::v2;
  }
  const bool has_v1 = std::any_of(names->begin(), names->end(), [&](const std::string& name) {
    return is_cgroup(cgroupfs / name) && !is_v2(cgroupfs / name);
  });
  if (is_v2(cgroupfs / "unified")) {
    return has_v1 ? CgroupMode::hybrid : CgroupMode::v2;
  }
  return has_v1 ? CgroupMode::v1 : CgroupMode::none;
}

// /proc/cgroups: "perf_event <hierarchy> <cgroups> <enabled>"; hierarchy 0 is the unified one.
std::optional<PerfHierarchy> find_perf_hierarchy(const fs::path& procfs) {
  const auto table = read_text(procfs / "cgroups");
  if (!table) {
    return std::nullopt;
  }
  std::istringstream lines(*table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    int hierarchy = 0;
    int cgroups = 0;
    int enabled = 0;
    if (fields >> name && name == "perf_event" && fields >> hierarchy >> cgroups >> enabled) {
      return enabled == 0     ? PerfHierarchy::disabled
             : hierarchy != 0 ? PerfHierarchy::v1
                              : PerfHierarchy::v2;
    }
  }
  return PerfHierarchy::none;
}

// The mounted root of the hierarchy to look at.
std::optional<fs::path> find_root(const fs::path& cgroupfs,
                                  std::optional<PerfHierarchy> hierarchy) {
  if (hierarchy == PerfHierarchy::v1 && is_cgroup(cgroupfs / "perf_event")) {
    return cgroupfs / "perf_event";
  }
  for (const fs::path& place : {cgroupfs, cgroupfs / "unified"}) {
    if (is_v2(place)) {
      return place;
    }
  }
  return std::nullopt;
}

// "0::/system.slice/x.service" of the unified hierarchy, "9:perf_event:/x" of a v1 one.
std::string own_cgroup(const fs::path& procfs, bool unified) {
  std::istringstream lines(read_text(procfs / "self" / "cgroup").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (unified ? controllers == ",," : controllers.find(",perf_event,") != std::string::npos) {
      return line.substr(second + 1);
    }
  }
  return "/";
}

fs::path find_trial_directory(const fs::path& root, const std::string& own) {
  // Another cgroup namespace's path may climb: "/../x".
  if (own != "/" && own.find("/..") == std::string::npos && is_cgroup(root / own.substr(1))) {
    return root / own.substr(1);
  }
  const auto names = list_directory(root);
  if (names) {
    for (const std::string& name : *names) {
      if (is_a_directory(root / name) && is_cgroup(root / name)) {
        return root / name;
      }
    }
  }
  return root;
}

}  // namespace

CgroupFacts find_cgroups(const HostPaths& paths) {
  CgroupFacts facts;
  facts.mode = find_mode(paths.cgroupfs);
  facts.perf_hierarchy = find_perf_hierarchy(paths.procfs);
  const auto root = find_root(paths.cgroupfs, facts.perf_hierarchy);
  if (!root) {
    return facts;
  }
  const bool unified = is_v2(*root);
  if (unified) {
    // No root has this file, every other cgroup does; in a v1 hierarchy it is the other way round.
    facts.shows_all = !is_there(*root / "cgroup.type");
    if (const auto delegated = read_text(*root / "cgroup.subtree_control")) {
      facts.root_delegates = !delegated->empty();
    }
  } else {
    facts.shows_all = is_there(*root / "release_agent");
  }
  facts.trial_directory = find_trial_directory(*root, own_cgroup(paths.procfs, unified));
  facts.trial_is_root = *facts.trial_directory == *root;
  return facts;
}

std::string_view to_text(CgroupMode mode) {
  constexpr std::string_view kNames[] = {"none", "v1", "v2", "hybrid"};
  return kNames[static_cast<std::size_t>(mode)];
}

std::string_view to_text(PerfHierarchy hierarchy) {
  constexpr std::string_view kNames[] = {"v1", "v2", "disabled", "none"};
  return kNames[static_cast<std::size_t>(hierarchy)];
}

}  // namespace perf_exporter
