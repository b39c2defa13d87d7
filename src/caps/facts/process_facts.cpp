#include "caps/facts/process_facts.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <charconv>
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
  const auto use = [&](SideCall call) {
    return facts.side_calls ? facts.side_calls->use(call) : CallUse::make;
  };
  const RaisedCapability as_for_an_open(Capability::perfmon, use(SideCall::capset));
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
    facts.seccomp_filters = number_field<std::int64_t>(*status, "Seccomp_filters");
    facts.tracer_pid = number_field<std::int64_t>(*status, "TracerPid");
  }
  struct statfs system {};
  if (use(SideCall::capget) == CallUse::make && ::statfs(paths.procfs.c_str(), &system) == 0 &&
      system.f_type == PROC_SUPER_MAGIC) {
    if (const auto sets = capget_capabilities()) {
      facts.capget = *sets;
    }
  }
}

// The initial namespaces have fixed inode numbers (PROC_USER_INIT_INO, PROC_CGROUP_INIT_INO,
// linux/proc_ns.h). The uid map can't tell: another namespace may map every id to itself.
constexpr std::string_view kInitialUserNamespace = "user:[4026531837]";
constexpr std::string_view kInitialCgroupNamespace = "cgroup:[4026531835]";

void add_links(HostFacts& facts, const std::filesystem::path& self) {
  std::error_code error;
  const auto user_namespace = std::filesystem::read_symlink(self / "ns" / "user", error);
  if (!error) {
    facts.initial_user_namespace = user_namespace.string() == kInitialUserNamespace;
  }
  const auto cgroup_namespace = std::filesystem::read_symlink(self / "ns" / "cgroup", error);
  if (!error) {
    facts.initial_cgroup_namespace = cgroup_namespace.string() == kInitialCgroupNamespace;
  }
  const auto executable = std::filesystem::read_symlink(self / "exe", error);
  if (!error) {
    facts.executable = executable.string();
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

// SELinux ends the label with a zero byte. With AppArmor stacked behind another module, only its
// own file tells its label.
void add_labels(HostFacts& facts, const std::filesystem::path& attributes) {
  if (auto label = read_text(attributes / "current")) {
    label->erase(std::min(label->find('\0'), label->size()));
    facts.lsm_label = std::move(*label);
  }
  const auto own = read_text(attributes / "apparmor" / "current");
  if (own) {
    facts.apparmor = parse_apparmor_label(*own);
  } else if (facts.lsm_label && !is_selinux_label(*facts.lsm_label)) {
    facts.apparmor = parse_apparmor_label(*facts.lsm_label);
  }
}

void add_place(HostFacts& facts, const std::filesystem::path& self) {
  if (auto found = find_place(self)) {
    facts.place = found->place;
    facts.runtime = found->runtime;
    facts.unit = std::move(found->unit);
  }
  if (const auto mountinfo = read_text(self / "mountinfo")) {
    if (const auto root = find_mount(*mountinfo, "/")) {
      facts.root_filesystem = std::string(root->type);
    }
  }
}

InitFacts facts_of_init(const std::filesystem::path& directory) {
  InitFacts init;
  if (const auto status = read_text(directory / "status")) {
    init.seccomp_mode = number_field<std::int64_t>(*status, "Seccomp");
    init.seccomp_filters = number_field<std::int64_t>(*status, "Seccomp_filters");
    init.capabilities = parse_capability_sets(*status);
  }
  return init;
}

}  // namespace

void add_process_facts(HostFacts& facts, const HostPaths& paths) {
  const std::filesystem::path self = paths.procfs / "self";
  add_status(facts, paths);
  facts.init = facts_of_init(paths.procfs / "1");
  add_links(facts, self);
  facts.file_capabilities = read_file_capabilities(self / "exe");
  facts.nosuid_mount = is_on_nosuid_mount(self / "exe");
  if (const auto limits = read_text(self / "limits")) {
    facts.descriptors = open_files_limit(*limits);
  }
  add_labels(facts, self / "attr");
  add_place(facts, self);
}

}  // namespace perf_exporter
