#include "caps/facts/place.h"

#include <algorithm>
#include <iterator>
#include <system_error>

#include "host/host_paths.h"

namespace perf_exporter {
namespace {

// The line without its first field and the blanks behind it.
std::string_view take_field(std::string_view& line) {
  const auto field = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

struct Traces {
  std::string cgroup;
  std::string mountinfo;
  std::string environment;
  std::string container;  // of /run/systemd/container: "lxc"
};

enum class Trace {
  cgroup,
  environment,
  root_mount,
  hostname_mount,
  hosts_mount,
  containerenv_mount,
  propagation_mount,
  boot_id_mount,
  incus_mount,
  lxd_mount,
  container
};

bool shows(const Traces& traces, Trace trace, std::string_view mark) {
  const auto mount_shows = [&](std::string_view at) {
    const auto mount = find_mount(traces.mountinfo, at);
    return mount && (mount->root.find(mark) != std::string_view::npos ||
                     mount->options.find(mark) != std::string_view::npos);
  };
  switch (trace) {
    case Trace::cgroup:
      return traces.cgroup.find(mark) != std::string::npos;
    case Trace::environment:
      return traces.environment.find(mark) != std::string::npos;
    case Trace::root_mount:
      return mount_shows("/");
    case Trace::hostname_mount:
      return mount_shows("/etc/hostname");
    case Trace::hosts_mount:
      return mount_shows("/etc/hosts");
    case Trace::containerenv_mount:
      return mount_shows("/run/.containerenv");
    case Trace::propagation_mount:
      return mount_shows("/run/host/incoming");
    case Trace::boot_id_mount:
      return mount_shows("/proc/sys/kernel/random/boot_id");
    case Trace::incus_mount:
      return mount_shows("/dev/.incus-mounts");
    case Trace::lxd_mount:
      return mount_shows("/dev/.lxd-mounts");
    case Trace::container:
      return traces.container.find(mark) != std::string::npos;
  }
  return false;
}

struct PodMark {
  Trace trace;
  std::string_view mark;
};

constexpr PodMark kPodMarks[] = {
    {Trace::cgroup, "kubepods"},
    {Trace::hosts_mount, "/etc-hosts"},  // the kubelet's, below /var/lib/kubelet/pods
    {Trace::environment, "KUBERNETES_SERVICE_HOST="},
};

// The first row that is found wins. Podman, nspawn, Docker and LXC were recorded from real
// containers; the mounts of Incus and LXD are as their users list them. A mark may be empty: the
// mount itself says it. A unit's own /dev and /proc (PrivateDevices=, ProtectProc=) hide these;
// what systemd keeps of its start stays. A host's own mount table holds the root file systems of
// its containers as well: so only the mounts at places of the process' own are looked at.
struct RuntimeMark {
  Trace trace;
  std::string_view mark;
  Runtime runtime;
};

constexpr RuntimeMark kRuntimeMarks[] = {
    {Trace::propagation_mount, "/nspawn/propagate/", Runtime::nspawn},
    {Trace::cgroup, "/docker/", Runtime::docker},
    {Trace::cgroup, "/docker-", Runtime::docker},
    {Trace::hostname_mount, "/docker/containers/", Runtime::docker},
    {Trace::cgroup, "/crio-", Runtime::crio},
    {Trace::cgroup, "/libpod", Runtime::podman},
    {Trace::cgroup, "cri-containerd", Runtime::containerd},
    {Trace::cgroup, "nerdctl-", Runtime::containerd},
    {Trace::hostname_mount, "io.containerd.", Runtime::containerd},
    {Trace::hostname_mount, "/nerdctl/", Runtime::containerd},
    {Trace::root_mount, "/docker/overlay2/", Runtime::docker},
    {Trace::root_mount, "io.containerd.", Runtime::containerd},
    {Trace::incus_mount, "", Runtime::incus},
    {Trace::lxd_mount, "", Runtime::lxd},
    {Trace::boot_id_mount, "/.lxc-boot-id", Runtime::lxc},
    {Trace::cgroup, "/lxc.payload", Runtime::lxc},
    {Trace::environment, "container=lxc", Runtime::lxc},
    {Trace::container, "lxc", Runtime::lxc},
    {Trace::container, "systemd-nspawn", Runtime::nspawn},
};

// Podman and CRI-O keep their containers alike (containers/storage), whatever the storage driver is
// (DRIVER-containers/ID/userdata), and mount one more file into them; only the latter runs pods of
// Kubernetes.
constexpr std::string_view kContainersStorage = "/userdata/";

// Docker's own copy of the file, wherever the daemon keeps its data: DATA/containers/ID/hostname.
bool is_of_docker(std::string_view hostname) {
  constexpr std::string_view kFile = "/hostname";
  constexpr std::string_view kFolder = "/containers";
  constexpr std::size_t kIdLength = 64;  // hexadecimal digits
  if (!hostname.ends_with(kFile)) {
    return false;
  }
  hostname.remove_suffix(kFile.size());
  const std::string_view id = hostname.substr(hostname.rfind('/') + 1);
  hostname.remove_suffix(std::min(id.size() + 1, hostname.size()));
  return id.size() == kIdLength && hostname.ends_with(kFolder) &&
         id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<Runtime> find_runtime(const Traces& traces, bool is_pod) {
  for (const RuntimeMark& row : kRuntimeMarks) {
    if (shows(traces, row.trace, row.mark)) {
      return row.runtime;
    }
  }
  if (shows(traces, Trace::hostname_mount, kContainersStorage) ||
      shows(traces, Trace::containerenv_mount, "")) {
    return is_pod ? Runtime::crio : Runtime::podman;
  }
  const auto hostname = find_mount(traces.mountinfo, "/etc/hostname");
  if (hostname && is_of_docker(hostname->root)) {
    return Runtime::docker;
  }
  return is_pod ? std::nullopt : std::optional(Runtime::none);
}

// The unit in a cgroup path. A user's own manager grants nothing that the user lacks, so its units
// are like any program of that user's.
std::optional<std::string> find_unit(std::string_view cgroups) {
  constexpr std::string_view kSuffix = ".service";
  while (!cgroups.empty()) {
    const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
    cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
    if (!line.ends_with(kSuffix) || line.find("/user@") != std::string_view::npos) {
      continue;
    }
    return std::string(line.substr(line.rfind('/') + 1));
  }
  return std::nullopt;
}

// Proxmox VE runs LXC on a kernel of its own.
constexpr std::string_view kProxmoxKernel = "-pve";

Place place_of(const Traces& traces, Runtime runtime, std::string_view kernel_release) {
  switch (runtime) {
    case Runtime::docker:
      return Place::docker;
    case Runtime::podman:
      return Place::podman;
    case Runtime::containerd:
      return Place::containerd;
    case Runtime::crio:
      return Place::kubernetes;
    case Runtime::nspawn:
      return Place::nspawn;
    case Runtime::lxc:
      return kernel_release.ends_with(kProxmoxKernel) ? Place::proxmox : Place::lxc;
    case Runtime::incus:
    case Runtime::lxd:
      return Place::incus;
    case Runtime::none:
      break;
  }
  return find_unit(traces.cgroup) ? Place::systemd : Place::host;
}

// sd_booted(3), below the root of the process.
bool has_own_systemd(const std::filesystem::path& self) {
  std::error_code error;
  return std::filesystem::is_directory(self / "root/run/systemd/system", error);
}

}  // namespace

std::optional<Mount> find_mount(std::string_view mountinfo, std::string_view at) {
  std::optional<Mount> found;
  while (!mountinfo.empty()) {
    std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    const auto separator = line.find(" - ");
    if (separator == std::string_view::npos) {
      continue;
    }
    std::string_view system = line.substr(separator + 3);
    take_field(line);  // mount id
    take_field(line);  // parent id
    take_field(line);  // device
    const auto root = take_field(line);
    if (take_field(line) == at) {
      const auto type = take_field(system);
      take_field(system);  // source
      found = Mount{root, type, system};
    }
  }
  return found;
}

std::optional<WhereItRuns> find_place(const std::filesystem::path& self) {
  const auto cgroup = read_text(self / "cgroup");
  const auto mountinfo = read_text(self / "mountinfo");
  const auto environment = read_text(self / "environ");
  if (!cgroup && !mountinfo) {
    return std::nullopt;
  }
  const auto container = read_text(self / "root/run/systemd/container");
  const auto release = read_text(self.parent_path() / "sys/kernel/osrelease");
  const Traces traces = {cgroup.value_or(""), mountinfo.value_or(""), environment.value_or(""),
                         container.value_or("")};
  const bool is_pod =
      std::any_of(std::begin(kPodMarks), std::end(kPodMarks),
                  [&](const PodMark& row) { return shows(traces, row.trace, row.mark); });
  WhereItRuns found;
  found.runtime = find_runtime(traces, is_pod);
  found.place = is_pod
                    ? Place::kubernetes
                    : place_of(traces, found.runtime.value_or(Runtime::none), release.value_or(""));
  // In a container without a systemd of its own, the unit is that of whoever runs the container.
  if (found.place == Place::systemd || has_own_systemd(self)) {
    found.unit = find_unit(traces.cgroup);
  }
  return found;
}

}  // namespace perf_exporter
