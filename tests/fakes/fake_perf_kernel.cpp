#include "fakes/fake_perf_kernel.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "perf/known_loop.h"

namespace perf_exporter {
namespace {

FakeCount steady_course(const perf_event_attr& /*attr*/, int /*cpu*/, int n) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const auto reading = static_cast<std::uint64_t>(n) + 1;
  return {reading * 1000, reading * kSecond, reading * kSecond};
}

// The own task over run_known_loop() and the calls around it.
FakeCount true_course(const perf_event_attr& attr, int /*cpu*/, int /*n*/) {
  constexpr std::uint64_t kCalls = 204;
  constexpr std::uint64_t kNanoseconds = 300'000;
  constexpr std::uint64_t kGeneric = 0xffffffff;
  const bool is_instructions =
      attr.type == PERF_TYPE_HARDWARE && (attr.config & kGeneric) == PERF_COUNT_HW_INSTRUCTIONS;
  return {is_instructions ? kKnownLoopInstructions + kCalls : kKnownLoopInstructions / 2,
          kNanoseconds, kNanoseconds};
}

template <class T>
bool agrees(const std::optional<T>& wanted, const T& seen) {
  return !wanted || *wanted == seen;
}

bool matches(const FakePerfKernel::Match& match, const OpenCall& call) {
  const bool wants_attr = match.type || match.config || match.excludes_kernel;
  if (match.where && !match.where(call)) {
    return false;
  }
  if (call.attr == nullptr) {
    return !wants_attr && agrees(match.cpu, call.cpu) && agrees(match.pid, call.pid);
  }
  return agrees(match.type, std::uint32_t{call.attr->type}) &&
         agrees(match.config, std::uint64_t{call.attr->config}) && agrees(match.cpu, call.cpu) &&
         agrees(match.pid, call.pid) &&
         agrees(match.excludes_kernel, call.attr->exclude_kernel != 0) &&
         agrees(match.is_member, call.group_fd >= 0);
}

}  // namespace

void FakePerfKernel::refuse(const Match& match, int error) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({match, error, {}});
}

void FakePerfKernel::count(const Match& match, Course course) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({match, 0, std::move(course)});
}

void FakePerfKernel::set_group_capacity(std::size_t events) {
  const std::lock_guard lock(mutex_);
  group_capacity_ = events;
}

void FakePerfKernel::set_counters(std::optional<std::size_t> counters) {
  const std::lock_guard lock(mutex_);
  counters_ = counters;
}

void FakePerfKernel::set_free_counters(std::size_t counters) {
  const std::lock_guard lock(mutex_);
  free_counters_ = counters;
}

void FakePerfKernel::set_descriptor_limit(std::optional<std::size_t> opens) {
  const std::lock_guard lock(mutex_);
  descriptor_limit_ = opens;
}

void FakePerfKernel::set_before_open(std::function<void(const OpenCall&)> hook) {
  const std::lock_guard lock(mutex_);
  before_open_ = std::move(hook);
}

void FakePerfKernel::set_before_read(std::function<void(int)> hook) {
  const std::lock_guard lock(mutex_);
  before_read_ = std::move(hook);
}

void FakePerfKernel::set_before_control(std::function<void(int)> hook) {
  const std::lock_guard lock(mutex_);
  before_control_ = std::move(hook);
}

int FakePerfKernel::cpu_of(int fd) const {
  const std::lock_guard lock(mutex_);
  const auto event = events_.find(fd);
  return event != events_.end() ? event->second.cpu : -1;
}

void FakePerfKernel::set_read_error(int error, std::optional<std::uint32_t> type) {
  const std::lock_guard lock(mutex_);
  read_error_ = error;
  read_error_type_ = type;
}

void FakePerfKernel::set_control_error(int error) {
  const std::lock_guard lock(mutex_);
  control_error_ = error;
}

void FakePerfKernel::set_read_limit(std::optional<std::size_t> bytes) {
  const std::lock_guard lock(mutex_);
  read_limit_ = bytes;
}

std::vector<SeenOpen> FakePerfKernel::opens() const {
  const std::lock_guard lock(mutex_);
  return opens_;
}

std::size_t FakePerfKernel::reads() const {
  const std::lock_guard lock(mutex_);
  return reads_;
}

std::size_t FakePerfKernel::enables() const {
  const std::lock_guard lock(mutex_);
  return enables_;
}

std::size_t FakePerfKernel::enabled_hardware(int cpu) const {
  const std::lock_guard lock(mutex_);
  return counters_taken(cpu);
}

// An event that was closed is still known by its number until that comes again.
std::size_t FakePerfKernel::counters_taken(int cpu) const {
  std::size_t taken = 0;
  for (const auto& [fd, event] : events_) {
    const bool is_open = ::fcntl(fd, F_GETFD) >= 0;
    if (is_open && event.is_enabled && !event.is_own_task && event.cpu == cpu &&
        event.attr.type != PERF_TYPE_SOFTWARE) {
      taken += event.members.size();
    }
  }
  return taken;
}

bool FakePerfKernel::finds_counters(const Event& leader) const {
  if (!leader.is_own_task && leader.attr.type != PERF_TYPE_SOFTWARE &&
      leader.members.size() > free_counters_) {
    return false;
  }
  const std::size_t taken = leader.attr.pinned != 0 ? 0 : counters_taken(leader.cpu);
  return !counters_ || !leader.is_own_task || taken + leader.members.size() <= *counters_;
}

const FakePerfKernel::Rule* FakePerfKernel::find_rule(const OpenCall& call) const {
  const auto rule = std::find_if(rules_.rbegin(), rules_.rend(),
                                 [&](const Rule& r) { return matches(r.match, call); });
  return rule == rules_.rend() ? nullptr : &*rule;
}

// In the order of the real kernel's checks (permissions: flags, attr, rights, descriptors, group).
std::optional<int> FakePerfKernel::refusal(const OpenCall& call, const Rule* rule) const {
  constexpr unsigned long kKnownFlags =
      PERF_FLAG_FD_NO_GROUP | PERF_FLAG_FD_OUTPUT | PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC;
  if (rule != nullptr && rule->error != 0 && call.attr == nullptr) {
    return rule->error;
  }
  if ((call.flags & ~kKnownFlags) != 0) {
    return EINVAL;
  }
  if (call.attr == nullptr) {
    return EFAULT;
  }
  if (rule != nullptr && rule->error != 0) {
    return rule->error;
  }
  if (descriptor_limit_ && opened_ >= *descriptor_limit_) {
    return EMFILE;
  }
  if (call.group_fd >= 0) {
    const auto leader = events_.find(call.group_fd);
    if (leader == events_.end()) {
      return EBADF;
    }
    if (call.attr->type != PERF_TYPE_SOFTWARE && leader->second.members.size() >= group_capacity_) {
      return EINVAL;
    }
  }
  return std::nullopt;
}

Result<UniqueFd> FakePerfKernel::open(const OpenCall& call) {
  std::function<void(const OpenCall&)> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = before_open_;
  }
  if (hook) {
    hook(call);
  }
  const std::lock_guard lock(mutex_);
  opens_.push_back(
      {call.attr != nullptr, call.attr != nullptr ? *call.attr : perf_event_attr{}, call});
  const Rule* rule = find_rule(call);
  if (const auto error = refusal(call, rule)) {
    return fault(std::string("perf_event_open: ") + std::strerror(*error), *error);
  }
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
  ++opened_;
  Event event;
  event.attr = *call.attr;
  event.cpu = call.cpu;
  event.is_own_task = call.pid == 0;
  event.id = next_id_++;
  event.course = event.is_own_task ? Course(true_course) : Course(steady_course);
  if (rule != nullptr && rule->course && (!event.is_own_task || rule->match.pid)) {
    event.course = rule->course;
  }
  event.members = {fd.get()};
  events_[fd.get()] = event;
  if (call.group_fd >= 0) {
    events_[call.group_fd].members.push_back(fd.get());
  }
  return fd;
}

// PERF_FORMAT_GROUP | ID | both times: { nr; enabled; running; { value; id } [nr] }.
Result<std::size_t> FakePerfKernel::read(int fd, std::span<std::byte> bytes) {
  std::function<void(int)> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = before_read_;
  }
  if (hook) {
    hook(fd);
  }
  const std::lock_guard lock(mutex_);
  ++reads_;
  const auto leader = events_.find(fd);
  if (leader == events_.end()) {
    return fault("read of a perf event", EBADF);
  }
  if (read_error_ != 0 && agrees(read_error_type_, std::uint32_t{leader->second.attr.type})) {
    return fault("read of a perf event", read_error_);
  }
  if (leader->second.attr.pinned != 0 && !finds_counters(leader->second)) {
    return 0;
  }
  std::vector<std::uint64_t>& words = words_;
  words.assign({leader->second.members.size(), 0, 0});
  for (const int member : leader->second.members) {
    Event& event = events_[member];
    FakeCount counted = event.course(event.attr, event.cpu, event.readings++);
    if (!finds_counters(leader->second)) {
      counted.value = counted.running = 0;
    }
    words[1] = counted.enabled;
    words[2] = counted.running;
    words.push_back(counted.value);
    words.push_back(event.id);
  }
  const std::size_t size = std::min(
      {words.size() * sizeof(std::uint64_t), bytes.size(), read_limit_.value_or(bytes.size())});
  std::memcpy(bytes.data(), words.data(), size);
  return size;
}

Result<void> FakePerfKernel::control(int fd, GroupControl what) {
  std::function<void(int)> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = before_control_;
  }
  if (hook) {
    hook(fd);
  }
  const std::lock_guard lock(mutex_);
  if (what == GroupControl::enable) {
    if (control_error_ != 0) {
      return fault("ioctl of a perf event", control_error_);
    }
    ++enables_;
  }
  if (const auto leader = events_.find(fd); leader != events_.end()) {
    leader->second.is_enabled = what == GroupControl::enable;
  }
  return {};
}

}  // namespace perf_exporter
