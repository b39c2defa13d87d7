#include <string>

#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

// What it means that a call is left out.
std::string consequence(SideCall call, const HostFacts& facts) {
  const auto& sets = facts.capabilities;
  switch (call) {
    case SideCall::capget:
      return "whether a security module hides a capability can't be told";
    case SideCall::capset:
      if (sets && sets->effective != 0) {
        return "CapEff " + format_mask(sets->effective) + " stays effective while it serves";
      }
      return sets && sets->permitted != 0 ? "what is permitted can't be made effective"
                                          : "no capability is there to be given up";
    case SideCall::sched_setaffinity:
      return "whether PMUs count right is not checked";
    case SideCall::prlimit64:
      return "the soft limit of open files stays" +
             (facts.descriptors ? " " + std::to_string(facts.descriptors->soft) : "");
    case SideCall::epoll_create1:
    case SideCall::epoll_ctl:
    case SideCall::epoll_pwait:
      return "one thread accepts for all, and each connection costs more";
  }
  return "";
}

}  // namespace

void add_side_call_causes(Case& c) {
  if (!c.facts.side_calls) {
    return;
  }
  const SideCalls& calls = *c.facts.side_calls;
  std::string taken;
  std::string untried;
  for (const SideCall call : kSideCalls) {
    const std::string what =
        std::string(to_text(call)) + " " + to_text(calls[call]) + ": " + consequence(call, c.facts);
    std::string* seen = calls.is_taken(call) ? &taken : calls.is_unknown(call) ? &untried : nullptr;
    if (seen != nullptr) {
      *seen += (seen->empty() ? "" : "; ") + what;
    }
  }
  if (!taken.empty()) {
    add(c, "seccomp_other_calls", Severity::warn, std::move(taken));
  }
  if (!untried.empty()) {
    add(c, "seccomp_other_calls/untried", Severity::unknown, std::move(untried));
  }
}

}  // namespace perf_exporter
