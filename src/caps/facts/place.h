#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/enumerators.h"

namespace perf_exporter {

// Where the process runs, which is where most fixes must be made. A row of caps/advice's
// *_places.cpp each.
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

// What started the container, as far as the cgroup's path and the mounts tell; `none`: no container
// at all. It decides which default seccomp profile applies.
enum class Runtime { none, docker, podman, containerd, crio, nspawn, lxc, incus, lxd };

// Their names in reports, which docs/probe.schema.json lists.
constexpr std::string_view to_text(Place place) {
  switch (place) {
    case Place::kubernetes:
      return "kubernetes";
    case Place::docker:
      return "docker";
    case Place::podman:
      return "podman";
    case Place::containerd:
      return "containerd";
    case Place::systemd:
      return "systemd";
    case Place::nspawn:
      return "nspawn";
    case Place::lxc:
      return "lxc";
    case Place::incus:
      return "incus";
    case Place::proxmox:
      return "proxmox";
    case Place::host:
      return "host";
  }
  return "";
}
constexpr std::string_view to_text(Runtime runtime) {
  switch (runtime) {
    case Runtime::none:
      return "none";
    case Runtime::docker:
      return "docker";
    case Runtime::podman:
      return "podman";
    case Runtime::containerd:
      return "containerd";
    case Runtime::crio:
      return "cri-o";
    case Runtime::nspawn:
      return "nspawn";
    case Runtime::lxc:
      return "lxc";
    case Runtime::incus:
      return "incus";
    case Runtime::lxd:
      return "lxd";
  }
  return "";
}

inline constexpr auto kPlaces = enumerators<Place>();
inline constexpr auto kRuntimes = enumerators<Runtime>();

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
