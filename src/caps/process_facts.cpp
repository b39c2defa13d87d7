#include "caps/process_facts.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "caps/process_caps.h"

namespace perf_exporter {
namespace {

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional<Number>(number) : std::nullopt;
}

template <class Number>
std::optional<Number> number_field(std::string_view status, std::string_view name) {
  const auto text = status_field(status, name);
  return text ? to_number<Number>(*text) : std::nullopt;
}

// "Uid:" holds the real, effective, saved and file system ids, parted by tabs (proc(5)).
std::optional<uid_t> effective_uid(std::string_view status) {
  auto ids = status_field(status, "Uid");
  const auto tab = ids ? ids->find('\t') : std::string_view::npos;
  if (tab == std::string_view::npos) {
    return std::nullopt;
  }
  ids->remove_prefix(tab + 1);
  return to_number<uid_t>(ids->substr(0, ids->find('\t')));
}

void add_status(HostFacts& facts, const HostPaths& paths) {
  const RaisedCapability as_for_an_open(Capability::perfmon);
  auto status = read_text(paths.procfs / "thread-self" / "status");
  if (!status) {
    status = read_text(paths.procfs / "self" / "status");
  }
  if (status) {
    facts.uid = effective_uid(*status);
    facts.capabilities = parse_capability_sets(*status);
    if (const auto flag = number_field<int>(*status, "NoNewPrivs")) {
      facts.no_new_privs = *flag != 0;
    }
    facts.seccomp_mode = number_field<std::int64_t>(*status, "Seccomp");
    facts.tracer_pid = number_field<std::int64_t>(*status, "TracerPid");
  }
  struct statfs system {};
  if (::statfs(paths.procfs.c_str(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC) {
    if (const auto sets = capget_capabilities()) {
      facts.capget = *sets;
    }
  }
}

// The initial user namespace has a fixed inode number (PROC_USER_INIT_INO, linux/proc_ns.h). The
// uid map can't tell: another namespace may map every id to itself.
constexpr std::string_view kInitialUserNamespace = "user:[4026531837]";

void add_links(HostFacts& facts, const std::filesystem::path& self) {
  std::error_code error;
  const auto user_namespace = std::filesystem::read_symlink(self / "ns" / "user", error);
  if (!error) {
    facts.initial_user_namespace = user_namespace.string() == kInitialUserNamespace;
  }
  const auto executable = std::filesystem::read_symlink(self / "exe", error);
  if (!error) {
    facts.executable = executable.string();
  }
}

void add_executable(HostFacts& facts, const std::filesystem::path& exe) {
  std::array<std::byte, sizeof(vfs_ns_cap_data)> bytes{};
  const ssize_t size = ::getxattr(exe.c_str(), "security.capability", bytes.data(), bytes.size());
  if (size >= 0) {
    facts.file_capabilities =
        parse_file_capabilities(std::span(bytes).first(static_cast<std::size_t>(size)));
  } else if (errno == ENODATA || errno == EOPNOTSUPP) {
    facts.file_capabilities = FileCapabilities{};
  }
  struct statvfs mount {};
  if (::statvfs(exe.c_str(), &mount) == 0) {
    facts.nosuid_mount = (mount.f_flag & ST_NOSUID) != 0;
  }
}

std::optional<std::uint64_t> to_limit(std::string_view text) {
  return text == "unlimited" ? DescriptorLimits::kUnlimited : to_number<std::uint64_t>(text);
}

// /proc/self/limits: a line "Max open files   1024   524288   files".
std::optional<DescriptorLimits> open_files_limit(std::string_view limits) {
  constexpr std::string_view kRow = "Max open files";
  const auto row = limits.find(kRow);
  if (row == std::string_view::npos) {
    return std::nullopt;
  }
  limits.remove_prefix(row + kRow.size());
  const auto next_word = [&limits] {
    limits.remove_prefix(std::min(limits.find_first_not_of(' '), limits.size()));
    const auto word = limits.substr(0, limits.find_first_of(" \n"));
    limits.remove_prefix(word.size());
    return word;
  };
  const auto soft = to_limit(next_word());
  const auto hard = to_limit(next_word());
  if (!soft || !hard) {
    return std::nullopt;
  }
  return DescriptorLimits{*soft, *hard};
}

// What betrays a place in the text of a file; the first row that is found wins. mountinfo counts as
// well as cgroup, since with a cgroup namespace of its own a container's cgroup reads just "/": its
// lines hold the path on the host and then the mount point, and container runtimes mount these two.
struct PlaceMark {
  const char* file;
  std::string_view mark;
  Place place;
};

constexpr PlaceMark kPlaceMarks[] = {
    {"cgroup", "kubepods", Place::kubernetes},
    {"mountinfo", "/etc-hosts /etc/hosts ", Place::kubernetes},
    {"environ", "KUBERNETES_SERVICE_HOST=", Place::kubernetes},
    {"cgroup", "/docker/", Place::docker},
    {"cgroup", "/docker-", Place::docker},
    {"cgroup", "/libpod-", Place::docker},
    {"mountinfo", "/hostname /etc/hostname ", Place::docker},
};

bool is_systemd_unit(std::string_view cgroups) {
  while (!cgroups.empty()) {
    const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
    cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
    if (line.ends_with(".service")) {
      return true;
    }
  }
  return false;
}

std::optional<Place> find_place(const std::filesystem::path& self) {
  const auto cgroup = read_text(self / "cgroup");
  for (const PlaceMark& row : kPlaceMarks) {
    const auto text = read_text(self / row.file);
    if (text && text->find(row.mark) != std::string::npos) {
      return row.place;
    }
  }
  if (!cgroup) {
    return std::nullopt;
  }
  return is_systemd_unit(*cgroup) ? Place::systemd : Place::host;
}

std::uint32_t little_endian(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < sizeof word; ++i) {
    word |= std::to_integer<std::uint32_t>(bytes[offset + i]) << (8 * i);
  }
  return word;
}

}  // namespace

// magic_etc, then {permitted, inheritable} once (revision 1) or twice, then in revision 3 the
// namespace's root; all little-endian.
std::optional<FileCapabilities> parse_file_capabilities(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) {
    return std::nullopt;
  }
  const std::uint32_t magic = little_endian(bytes, 0);
  const std::uint32_t revision = magic & VFS_CAP_REVISION_MASK;
  const bool is_sized = (revision == VFS_CAP_REVISION_1 && bytes.size() == XATTR_CAPS_SZ_1) ||
                        (revision == VFS_CAP_REVISION_2 && bytes.size() == XATTR_CAPS_SZ_2) ||
                        (revision == VFS_CAP_REVISION_3 && bytes.size() == XATTR_CAPS_SZ_3);
  if (!is_sized) {
    return std::nullopt;
  }
  FileCapabilities found;
  found.present = true;
  found.effective = (magic & VFS_CAP_FLAGS_EFFECTIVE) != 0;
  found.permitted = little_endian(bytes, 4);
  found.inheritable = little_endian(bytes, 8);
  if (revision != VFS_CAP_REVISION_1) {
    found.permitted |= std::uint64_t{little_endian(bytes, 12)} << 32;
    found.inheritable |= std::uint64_t{little_endian(bytes, 16)} << 32;
  }
  if (revision == VFS_CAP_REVISION_3) {
    found.namespace_root = little_endian(bytes, 20);
  }
  return found;
}

void add_process_facts(HostFacts& facts, const HostPaths& paths) {
  const std::filesystem::path self = paths.procfs / "self";
  add_status(facts, paths);
  add_links(facts, self);
  add_executable(facts, self / "exe");
  if (const auto limits = read_text(self / "limits")) {
    facts.descriptors = open_files_limit(*limits);
  }
  if (auto label = read_text(self / "attr" / "current")) {
    // SELinux ends the label with a zero byte.
    label->erase(std::min(label->find('\0'), label->size()));
    facts.lsm_label = std::move(*label);
  }
  facts.place = find_place(self);
}

}  // namespace perf_exporter
