// The system calls that the exporter makes where it may and does without where a seccomp filter
// takes them away. A filter may end the process for a call, so they are tried in a child first.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_use.h"
#include "caps/trial_result.h"

namespace perf_exporter {

enum class SideCall {
  capget,             // tells what a security module hides
  capset,             // raises a capability for an open, and gives up what serving does not need
  sched_setaffinity,  // keeps the check of a PMU on one of its CPUs
  prlimit64,          // raises the soft limit of open files
  epoll_create1,      // these three let the threads that serve accept connections themselves
  epoll_ctl,
  epoll_pwait,
};
inline constexpr std::array kSideCalls = {
    SideCall::capget,        SideCall::capset,    SideCall::sched_setaffinity, SideCall::prlimit64,
    SideCall::epoll_create1, SideCall::epoll_ctl, SideCall::epoll_pwait};

// The call's name, as a filter has it.
std::string_view to_text(SideCall call);

// What became of each call: done; refused, with an errno; killed, with a signal; or not run, where
// no child could be made.
struct SideCalls {
  enum class Filter { none, possible };
  std::array<TrialResult, kSideCalls.size()> results{};
  Filter filter = Filter::possible;  // by Seccomp in /proc/self/status

  [[nodiscard]] const TrialResult& operator[](SideCall call) const {
    return results[static_cast<std::size_t>(call)];
  }
  [[nodiscard]] TrialResult& operator[](SideCall call) {
    return results[static_cast<std::size_t>(call)];
  }

  // Whether a filter takes the call: it is killed for, or answered EPERM or ENOSYS, which the
  // kernel does not do to what is tried.
  [[nodiscard]] bool is_taken(SideCall call) const;

  // Whether the call could not be tried although a filter may be there.
  [[nodiscard]] bool is_unknown(SideCall call) const;

  // What may end the process, or is known to be refused, is left out.
  [[nodiscard]] CallUse use(SideCall call) const {
    return is_taken(call) || is_unknown(call) ? CallUse::leave_out : CallUse::make;
  }

  // Those that a filter takes.
  [[nodiscard]] std::vector<SideCall> taken() const;
};

// Tries each call in a forked child, where it changes nothing of this process; one child does all
// of them unless it is killed on the way. A filter holds for the life of a process, so that once is
// enough, and before there are threads it is the cheapest.
SideCalls try_side_calls();

}  // namespace perf_exporter
