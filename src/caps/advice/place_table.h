// What a fix reads like at each place, as data: one row per place.
#pragma once

#include <optional>
#include <string_view>

#include "caps/facts/place.h"

namespace perf_exporter {

// How a capability is given there.
struct GrantPassages {
  std::string_view perfmon;
  std::string_view sys_admin;  // for kernels before 5.8
  std::string_view both;       // where a container's profile asks for both
};

// What concerns the program's file there.
struct FilePassages {
  std::string_view capability;        // puts CAP_PERFMON on it
  std::string_view stale_capability;  // takes away another one of it that is in the way
  std::string_view suid_mount;        // keeps it where file capabilities count
  std::string_view direct_start;      // keeps its capability under no_new_privs
};

// The passages that the texts of findings put together, each under its own name in braces there:
// "{grant}". Lines that start with two blanks are commands or configuration, each whole on its
// line; prose holds none. A passage may itself hold {exe}, {node}, {unit} and their like.
struct PlaceText {
  Place place;
  std::string_view node;  // whose kernel it is: "node" or "host"
  std::string_view run;   // what starts a container: "docker run"
  GrantPassages grants;
  std::string_view allow_call;      // lets perf_event_open through the seccomp filter
  std::string_view real_kernel;     // instead of an emulated one
  std::string_view descriptors;     // raises RLIMIT_NOFILE
  std::string_view selinux;         // another SELinux type
  std::string_view user_namespace;  // stays in the initial one
  FilePassages file;
  std::string_view restart;  // starts the exporter anew
  std::string_view cgroups;  // makes the host's cgroups visible
};

// The rows, in a file for each kind of place: containers of a runtime with an image
// (container_places.cpp), LXC (lxc_places.cpp), and systems (system_places.cpp).
extern const PlaceText kKubernetesText;
extern const PlaceText kDockerText;
extern const PlaceText kPodmanText;
extern const PlaceText kContainerdText;
extern const PlaceText kLxcText;
extern const PlaceText kIncusText;
extern const PlaceText kProxmoxText;
extern const PlaceText kSystemdText;
extern const PlaceText kNspawnText;
extern const PlaceText kHostText;

const PlaceText& place_text(Place place);

// What a fix reads like where one container runtime or another has made the place.
struct RuntimeText {
  std::string_view unit;   // systemd's, that runs a node's containers
  std::string_view newer;  // what to upgrade, and to what, so that the default seccomp profile lets
                           // perf_event_open through to CAP_PERFMON
};

// nullopt: the runtime of a pod, whichever it is.
RuntimeText runtime_text(std::optional<Runtime> runtime);

// The passage of a name ("grant"); empty where there is none of that name.
std::string_view place_piece(const PlaceText& text, std::string_view name);

}  // namespace perf_exporter
