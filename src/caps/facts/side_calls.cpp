#include "caps/facts/side_calls.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <new>
#include <optional>

#include "base/child_wait.h"
#include "base/unique_fd.h"
#include "caps/capability_sets.h"
#include "host/host_paths.h"

namespace perf_exporter {
namespace {

// As much as 65,536 CPUs take: the kernel wants no mask shorter than its own.
constexpr std::size_t kMaskBytes = 8192;

// What the child tells: how many calls have come back, and with which errno.
struct Progress {
  std::atomic<std::size_t> done = 0;
  std::array<std::atomic<int>, kSideCalls.size()> errors{};
};

// A page that a child shares. Not a pipe: no descriptor need be left.
class SharedProgress {
 public:
  SharedProgress()
      : page_(::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0)) {
    if (valid()) {
      new (page_) Progress;
    }
  }
  SharedProgress(const SharedProgress&) = delete;
  SharedProgress& operator=(const SharedProgress&) = delete;
  ~SharedProgress() {
    if (valid()) {
      ::munmap(page_, sizeof(Progress));
    }
  }
  [[nodiscard]] bool valid() const { return page_ != MAP_FAILED; }
  Progress& operator*() const { return *static_cast<Progress*>(page_); }

 private:
  void* page_;
};

// Of a call on no descriptor: the kernel has done all that there is to do.
long unless_bad_descriptor(long result) {
  return result < 0 && errno == EBADF ? 0 : result;
}

// The calls themselves, without the C library around them, which does more. 0 or -1 with errno.
long make_call(SideCall call) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  switch (call) {
    case SideCall::capget:
      return ::syscall(SYS_capget, &header, sets.data());
    case SideCall::capset:  // to nothing at all, which everybody may
      return ::syscall(SYS_capset, &header, sets.data());
    case SideCall::sched_setaffinity: {
      alignas(cpu_set_t) static std::array<std::byte, kMaskBytes> mask;
      const long bytes = ::syscall(SYS_sched_getaffinity, 0, mask.size(), mask.data());
      return bytes < 0 ? 0 : ::syscall(SYS_sched_setaffinity, 0, bytes, mask.data());
    }
    case SideCall::prlimit64: {
      rlimit limit{};
      return ::getrlimit(RLIMIT_NOFILE, &limit) != 0
                 ? -1
                 : ::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, nullptr);
    }
    case SideCall::epoll_create1: {
      const UniqueFd made(static_cast<int>(::syscall(SYS_epoll_create1, EPOLL_CLOEXEC)));
      return made.valid() ? 0 : -1;
    }
    case SideCall::epoll_ctl:
      return unless_bad_descriptor(::syscall(SYS_epoll_ctl, -1, EPOLL_CTL_DEL, -1, nullptr));
    case SideCall::epoll_pwait: {
      epoll_event event{};
      return unless_bad_descriptor(::syscall(SYS_epoll_pwait, -1, &event, 1, 0, nullptr, 0));
    }
  }
  return 0;
}

[[noreturn]] void make_all(Progress& progress) {
  ::prctl(PR_SET_DUMPABLE, 0);  // SIGSYS dumps core by default
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGSYS, SIG_DFL);
  for (std::size_t i = progress.done; i < kSideCalls.size(); progress.done = ++i) {
    errno = 0;
    progress.errors[i] = make_call(kSideCalls[i]) < 0 ? errno : 0;
  }
  ::_exit(0);
}

// The status of a child that goes on where the last one ended; nothing where none could be made.
std::optional<int> go_on(Progress& progress) {
  const pid_t child = ::fork();
  if (child < 0) {
    return std::nullopt;
  }
  if (child == 0) {
    make_all(progress);
  }
  int status = 0;
  return wait_or_kill(child, status) == child ? std::optional(status) : std::nullopt;
}

TrialResult result_of(int error) {
  return error == 0 ? TrialResult{TrialResult::Outcome::done, 0}
                    : TrialResult{TrialResult::Outcome::refused, error};
}

SideCalls::Filter find_filter() {
  const auto status = read_text("/proc/self/status");
  const auto mode = status ? status_field(*status, "Seccomp") : std::nullopt;
  return mode == "0" ? SideCalls::Filter::none : SideCalls::Filter::possible;
}

}  // namespace

std::string_view to_text(SideCall call) {
  constexpr std::string_view kNames[] = {"capget",     "capset",        "sched_setaffinity",
                                         "prlimit64",  "epoll_create1", "epoll_ctl",
                                         "epoll_pwait"};
  static_assert(std::size(kNames) == kSideCalls.size());
  return kNames[static_cast<std::size_t>(call)];
}

bool SideCalls::is_taken(SideCall call) const {
  const TrialResult& result = (*this)[call];
  const bool is_killed = result.outcome == TrialResult::Outcome::killed && result.number == SIGSYS;
  return filter == Filter::possible &&
         (is_killed || result.failed_with(EPERM) || result.failed_with(ENOSYS));
}

bool SideCalls::is_unknown(SideCall call) const {
  const TrialResult& result = (*this)[call];
  const bool is_killed = result.outcome == TrialResult::Outcome::killed && result.number != SIGSYS;
  return filter == Filter::possible &&
         (is_killed || result.outcome == TrialResult::Outcome::not_run);
}

std::vector<SideCall> SideCalls::taken() const {
  std::vector<SideCall> calls;
  std::copy_if(kSideCalls.begin(), kSideCalls.end(), std::back_inserter(calls),
               [this](SideCall call) { return is_taken(call); });
  return calls;
}

SideCalls try_side_calls() {
  SideCalls calls;
  calls.filter = find_filter();
  const SharedProgress shared;
  if (!shared.valid()) {
    return calls;
  }
  Progress& progress = *shared;
  std::size_t known = 0;
  while (known < kSideCalls.size()) {
    const auto status = go_on(progress);
    for (; known < progress.done; ++known) {
      calls.results[known] = result_of(progress.errors[known]);
    }
    if (!status || !WIFSIGNALED(*status)) {
      break;
    }
    if (known < kSideCalls.size()) {
      calls.results[known] = {TrialResult::Outcome::killed, WTERMSIG(*status)};
      progress.done = ++known;
    }
  }
  return calls;
}

}  // namespace perf_exporter
