#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "host/host_paths.h"

namespace perf_exporter {

// What is mounted below --path.cgroupfs. `hybrid`: v1 controllers and a v2 tree in `unified`.
enum class CgroupMode { none, v1, v2, hybrid };

// Which hierarchy the controller perf_event is bound to (/proc/cgroups): a v1 one or the unified
// one; `disabled`: by the boot parameter cgroup_disable; `none`: the kernel lacks it
// (CONFIG_CGROUP_PERF).
enum class PerfHierarchy { v1, v2, disabled, none };

// "none", "v1", "v2", "hybrid"; "v1", "v2", "disabled", "none".
std::string_view to_text(CgroupMode mode);
std::string_view to_text(PerfHierarchy hierarchy);

struct CgroupFacts {
  std::optional<CgroupMode> mode;
  std::optional<PerfHierarchy> perf_hierarchy;
  // v2 alone: the root's cgroup.subtree_control names a controller. Until something was ever
  // written to it, the cgroups below have no perf state (kernel/cgroup/cgroup.c,
  // cgroup_calc_subtree_ss_mask).
  std::optional<bool> root_delegates;
  // Whether what is mounted is the hierarchy's root, and not a part that a cgroup namespace shows.
  std::optional<bool> shows_all;
  // The directory to try a cgroup's event on (r8): the own cgroup, else one below the root, else
  // the root; of the hierarchy that has perf_event, where that is mounted.
  std::optional<std::filesystem::path> trial_directory;
  bool trial_is_root = false;  // no cgroup below the root was found: the root has perf state anyway
};

// Tells by the files that cgroupfs has, so that a recorded tree serves as well.
CgroupFacts find_cgroups(const HostPaths& paths);

}  // namespace perf_exporter
