// What a fix reads like at each place, as data: one row per place.
#pragma once

#include <span>
#include <string_view>

#include "caps/facts/place.h"

namespace perf_exporter {

// The passages that the texts of findings put together, each under its own name in braces there:
// "{grant}". Lines that start with two blanks are commands or configuration, each whole on its
// line; prose holds none. A passage may itself hold {exe}, {node}, {unit} and their like.
struct PlaceText {
  Place place;
  std::string_view node;              // whose kernel it is: "node" or "host"
  std::string_view grant;             // gives CAP_PERFMON
  std::string_view grant_sys_admin;   // gives CAP_SYS_ADMIN, for kernels before 5.8
  std::string_view grant_both;        // gives both, where a container's profile asks for both
  std::string_view allow_call;        // lets perf_event_open through the seccomp filter
  std::string_view real_kernel;       // instead of an emulated one
  std::string_view descriptors;       // raises RLIMIT_NOFILE
  std::string_view selinux;           // another SELinux type
  std::string_view user_namespace;    // stays in the initial one
  std::string_view file_capability;   // puts CAP_PERFMON on the program's file
  std::string_view stale_capability;  // takes away another one of the file's that is in the way
  std::string_view suid_mount;        // keeps the file where file capabilities count
  std::string_view direct_start;      // keeps the file capability under no_new_privs
  std::string_view restart;           // starts the exporter anew
  std::string_view cgroups;           // makes the host's cgroups visible
};

// The rows, parted by who made the place: a container's runtime with an image, LXC, or a system.
// The plain host's is the last one.
std::span<const PlaceText> container_places();
std::span<const PlaceText> lxc_places();
std::span<const PlaceText> system_places();

const PlaceText& place_text(Place place);

// The passage of a name ("grant"); empty where there is none of that name.
std::string_view place_piece(const PlaceText& text, std::string_view name);

}  // namespace perf_exporter
