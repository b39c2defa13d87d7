#include "caps/advice/place_table.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace perf_exporter {
namespace {

template <class Passages>
struct Passage {
  std::string_view name;
  std::string_view Passages::*text;
};

constexpr Passage<PlaceText> kPassages[] = {
    {"node", &PlaceText::node},
    {"run", &PlaceText::run},
    {"allow_call", &PlaceText::allow_call},
    {"real_kernel", &PlaceText::real_kernel},
    {"descriptors", &PlaceText::descriptors},
    {"selinux", &PlaceText::selinux},
    {"user_namespace", &PlaceText::user_namespace},
    {"restart", &PlaceText::restart},
    {"cgroups", &PlaceText::cgroups},
};

constexpr Passage<GrantPassages> kGrantPassages[] = {
    {"grant", &GrantPassages::perfmon},
    {"grant_sys_admin", &GrantPassages::sys_admin},
    {"grant_both", &GrantPassages::both},
};

constexpr Passage<FilePassages> kFilePassages[] = {
    {"file_capability", &FilePassages::capability},
    {"stale_capability", &FilePassages::stale_capability},
    {"suid_mount", &FilePassages::suid_mount},
    {"direct_start", &FilePassages::direct_start},
};

template <class Passages, std::size_t size>
std::optional<std::string_view> find(const Passage<Passages> (&named)[size],
                                     const Passages& passages, std::string_view name) {
  const auto* found = std::find_if(std::begin(named), std::end(named),
                                   [name](const auto& each) { return each.name == name; });
  return found != std::end(named) ? std::optional(passages.*(found->text)) : std::nullopt;
}

}  // namespace

const PlaceText& place_text(Place place) {
  switch (place) {
    case Place::kubernetes:
      return kKubernetesText;
    case Place::docker:
      return kDockerText;
    case Place::podman:
      return kPodmanText;
    case Place::containerd:
      return kContainerdText;
    case Place::systemd:
      return kSystemdText;
    case Place::nspawn:
      return kNspawnText;
    case Place::lxc:
      return kLxcText;
    case Place::incus:
      return kIncusText;
    case Place::proxmox:
      return kProxmoxText;
    case Place::host:
      break;
  }
  return kHostText;
}

RuntimeText runtime_text(std::optional<Runtime> runtime) {
  constexpr std::string_view kAnyUnit = "RUNTIME.service";
  if (!runtime) {
    return {kAnyUnit,
            "the runtime (containerd to 1.6.9, 1.7.0 or newer, CRI-O to 1.35.1 or newer)"};
  }
  switch (*runtime) {
    case Runtime::docker:
      return {"docker.service", "Docker to 23.0 or newer"};
    case Runtime::podman:
      return {kAnyUnit, "Podman to one built with containers/common newer than 0.67.0"};
    case Runtime::containerd:
      return {"containerd.service", "containerd to 1.6.9, 1.7.0 or newer"};
    case Runtime::crio:
      return {"crio.service", "CRI-O to 1.35.1 or newer"};
    case Runtime::nspawn:
    case Runtime::lxc:
    case Runtime::incus:
    case Runtime::lxd:
    case Runtime::none:
      break;
  }
  return {kAnyUnit, "what started the container"};
}

std::string_view place_piece(const PlaceText& text, std::string_view name) {
  if (const auto found = find(kPassages, text, name)) {
    return *found;
  }
  if (const auto found = find(kGrantPassages, text.grants, name)) {
    return *found;
  }
  return find(kFilePassages, text.file, name).value_or("");
}

}  // namespace perf_exporter
