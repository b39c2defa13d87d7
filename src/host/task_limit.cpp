#include "host/task_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <sstream>
#include <vector>

namespace perf_exporter {
namespace {

namespace fs = std::filesystem;

// Where the controller pids may be, and which of its cgroups this process is in.
struct PidsHierarchy {
  std::vector<fs::path> roots;
  std::string own;
};

bool names_pids(const std::string& controllers) {
  return ("," + controllers + ",").find(",pids,") != std::string::npos;
}

// Of lines such as "0::/system.slice/x.service" of the unified hierarchy and "8:pids:/x" of a v1
// one.
std::vector<PidsHierarchy> find_hierarchies(const HostPaths& paths) {
  std::vector<PidsHierarchy> found;
  std::istringstream lines(read_text(paths.procfs / "self" / "cgroup").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string own = line.substr(second + 1);
    if (controllers.empty()) {
      found.push_back({{paths.cgroupfs, paths.cgroupfs / "unified"}, own});
    } else if (names_pids(controllers)) {
      found.push_back({{paths.cgroupfs / "pids", paths.cgroupfs / controllers}, own});
    }
  }
  return found;
}

// The cgroup at or above `own` whose pids.max is reached. A container may see its own cgroup at the
// root of what is mounted although its path is another's view; so what can't be read is passed
// over.
std::optional<std::string> find_full_cgroup(const fs::path& root, const std::string& own) {
  for (fs::path path = own; !path.empty(); path = path.parent_path()) {
    const fs::path directory = root / path.relative_path();
    const auto most = read_integer(directory / "pids.max");  // "max" is no integer
    const auto now = read_integer(directory / "pids.current");
    if (most && now && *now >= *most) {
      return "pids.max of the cgroup " + path.string() + " is " + std::to_string(*most) + ", and " +
             std::to_string(*now) +
             " tasks run in it; raise it (TasksMax= of a unit, --pids-limit of a container, "
             "podPidsLimit of a kubelet)";
    }
    if (path == path.root_path()) {
      break;
    }
  }
  return std::nullopt;
}

// The threads of the whole machine: "0.10 0.20 0.30 2/345 6789" (proc(5), /proc/loadavg).
std::optional<std::int64_t> count_all_threads(const HostPaths& paths) {
  std::istringstream text(read_text(paths.procfs / "loadavg").value_or(""));
  std::string average;
  std::int64_t running = 0;
  std::int64_t all = 0;
  char slash = '/';
  for (int i = 0; i < 3; ++i) {
    text >> average;
  }
  return text >> running >> slash >> all ? std::optional(all) : std::nullopt;
}

std::optional<std::string> find_full_sysctl(const HostPaths& paths, std::int64_t threads) {
  constexpr std::int64_t kReserved = 300;  // numbers that fork(2) gives but once (kernel/pid.c)
  for (const char* name : {"threads-max", "pid_max"}) {
    const auto most = read_integer(paths.procfs / "sys" / "kernel" / name);
    if (most && threads + kReserved >= *most) {
      return std::string("kernel.") + name + " is " + std::to_string(*most) + ", and " +
             std::to_string(threads) + " threads run on the whole machine; raise it by sysctl";
    }
  }
  return std::nullopt;
}

// Nobody counts root's (kernel/fork.c, copy_process). A user's threads are not counted here,
// either: that they are not more than all can be told.
std::optional<std::string> find_full_user(std::int64_t threads) {
  const uid_t user = ::getuid();
  rlimit limit{};
  if (user == 0 || ::getrlimit(RLIMIT_NPROC, &limit) != 0 ||
      limit.rlim_cur > static_cast<rlim_t>(threads)) {
    return std::nullopt;
  }
  return "RLIMIT_NPROC is " + std::to_string(limit.rlim_cur) + ", for all that user " +
         std::to_string(user) +
         " runs; raise it (ulimit -u, LimitNPROC= of a unit, --ulimit nproc= of a container)";
}

}  // namespace

std::string describe_task_limit(const HostPaths& paths) {
  for (const PidsHierarchy& hierarchy : find_hierarchies(paths)) {
    for (const fs::path& root : hierarchy.roots) {
      if (auto full = find_full_cgroup(root, hierarchy.own)) {
        return *full;
      }
    }
  }
  if (const auto threads = count_all_threads(paths)) {
    if (auto full = find_full_sysctl(paths, *threads)) {
      return *full;
    }
    if (auto full = find_full_user(*threads)) {
      return *full;
    }
  }
  return "no limit that can be seen from here is reached; one of a cgroup above may be (pids.max), "
         "or "
         "memory be short";
}

std::string why_no_task(int error, const HostPaths& paths) {
  return error == EAGAIN ? describe_task_limit(paths) : std::strerror(error);
}

}  // namespace perf_exporter
