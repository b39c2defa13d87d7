#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace perf_exporter {

// Where the process runs, which is where most fixes must be made. One row of place_table.cpp each.
enum class Place {
  kubernetes,
  docker,
  podman,
  containerd,
  systemd,
  nspawn,
  lxc,      // a container of LXC's own tools, or of what manages it unseen
  incus,    // or LXD
  proxmox,  // a container of Proxmox VE
  host
};
inline constexpr std::array kPlaces = {
    Place::kubernetes, Place::docker, Place::podman, Place::containerd, Place::systemd,
    Place::nspawn,     Place::lxc,    Place::incus,  Place::proxmox,    Place::host};
static_assert(kPlaces.size() == static_cast<std::size_t>(Place::host) + 1);

// What started the container, as far as the cgroup's path and the mounts tell; `none`: no container
// at all. It decides which default seccomp profile applies.
enum class Runtime { none, docker, podman, containerd, crio, nspawn, lxc, incus, lxd };

// "kubernetes", "docker", "podman", "containerd", "systemd", "nspawn", "lxc", "incus", "proxmox",
// "host".
std::string_view to_text(Place place);

// "none", "docker", "podman", "containerd", "cri-o", "nspawn", "lxc", "incus", "lxd".
std::string_view to_text(Runtime runtime);

struct WhereItRuns {
  Place place = Place::host;
  std::optional<Runtime> runtime;  // absent in a pod whose runtime left no mark
  // "perf-exporter.service", where a systemd unit started it: of the host's systemd, or of the one
  // that runs inside the container.
  std::optional<std::string> unit;
};

// Reads self/cgroup, self/mountinfo and self/environ of `self`, a /proc/PID directory; below its
// root whether systemd has booted there, and what it said that it is in (/run/systemd/container);
// beside it the kernel's release. Nothing where the first two can't be read. With a cgroup
// namespace of its own a container's cgroup reads just "/"; its mounts then tell, by the files that
// runtimes mount into every container.
std::optional<WhereItRuns> find_place(const std::filesystem::path& self);

// One line of /proc/PID/mountinfo (proc(5)), the last one whose mount point is `at`.
struct Mount {
  std::string_view root;     // the path of the mount's root within its file system
  std::string_view type;     // "overlay"
  std::string_view options;  // of the file system: "rw,lowerdir=..."
};
std::optional<Mount> find_mount(std::string_view mountinfo, std::string_view at);

}  // namespace perf_exporter
