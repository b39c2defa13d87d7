#include "perf/target.h"

namespace perf_exporter {
namespace {

constexpr pid_t kEveryTask = -1;
constexpr pid_t kOwnTask = 0;
constexpr int kEveryCpu = -1;

}  // namespace

Target Target::of_cpu(CpuId cpu) {
  return {Kind::cpu, cpu};
}

Target Target::of_cgroup(int folder, CpuId cpu) {
  Target target(Kind::cgroup, cpu);
  target.id_ = folder;
  return target;
}

Target Target::of_task(pid_t task, Children children) {
  Target target(Kind::task, std::nullopt);
  target.id_ = task;
  target.children_ = children;
  return target;
}

Target Target::of_own_task(std::optional<CpuId> cpu) {
  return {Kind::own_task, cpu};
}

Target Target::of_unit(CpuId cpu) {
  return {Kind::unit, cpu};
}

bool Target::outlives_its_cpu() const {
  switch (kind_) {
    case Kind::cpu:
    case Kind::cgroup:
      return false;
    case Kind::task:
    case Kind::own_task:
    case Kind::unit:
      break;
  }
  return true;
}

OpenArguments::OpenArguments(const Encoding& encoding, GroupRole role, const Target& target,
                             Scheduling scheduling)
    : cpu(target.cpu_ ? to_int(*target.cpu_) : kEveryCpu) {
  switch (target.kind_) {
    case Target::Kind::cpu:
    case Target::Kind::unit:
      pid = kEveryTask;
      break;
    case Target::Kind::cgroup:
      pid = target.id_;
      flags = PERF_FLAG_PID_CGROUP;
      break;
    case Target::Kind::task:
      pid = target.id_;
      break;
    case Target::Kind::own_task:
      pid = kOwnTask;
      break;
  }
  attr.size = sizeof attr;
  attr.type = encoding.type;
  attr.config = encoding.config;
  attr.config1 = encoding.config1;
  attr.config2 = encoding.config2;
  attr.disabled = role == GroupRole::leader ? 1 : 0;
  const bool is_pinned = role == GroupRole::leader && scheduling == Scheduling::pinned;
  attr.pinned = is_pinned ? 1 : 0;
  attr.inherit = target.children_ == Children::counted ? 1 : 0;
  attr.exclude_user = encoding.modes.user ? 0 : 1;
  attr.exclude_kernel = encoding.modes.kernel ? 0 : 1;
  attr.exclude_hv = encoding.modes.kernel ? 0 : 1;
  attr.exclude_guest = encoding.modes.guest ? 0 : 1;
  attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
                     PERF_FORMAT_TOTAL_TIME_RUNNING;
}

OpenCall OpenArguments::call(int group_fd) const {
  OpenCall call;
  call.attr = &attr;
  call.pid = pid;
  call.cpu = cpu;
  call.group_fd = group_fd;
  call.flags = flags;
  return call;
}

}  // namespace perf_exporter
