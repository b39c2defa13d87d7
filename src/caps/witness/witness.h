// The kernel as witness: what a recorded call of perf_event_open proves. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "caps/advice/finding.h"
#include "caps/witness/traced_call.h"
#include "caps/witness/tracer.h"

namespace perf_exporter {

// A cause under the id that diagnose() gives it (docs/permissions.md), or one that no trial of its
// own can meet: `other_users_process`, `bad_arguments` (docs/debugging.md).
struct TraceCause {
  enum class Certainty {
    proved,
    possible  // the record leaves it open, and names what else is possible
  };
  std::string id;
  std::string because;  // what was recorded, in one sentence without a period
  Certainty certainty = Certainty::proved;
};

// What is known beside the record. All of it may be unknown.
struct TraceContext {
  TraceScope scope;
  // Where the recorded credentials hold the effective set (find_effective_set).
  std::optional<std::size_t> effective_place;
  // Of the thread that called, where it is one of our own.
  std::optional<std::uint64_t> effective;
  std::optional<bool> initial_user_namespace;
  std::optional<std::int64_t> seccomp_mode;
  // Of the host.
  std::optional<bool> has_core_pmu;
  std::optional<std::int64_t> cap_last_cap;
};

// The causes that a call's record proves, the one to mend first in front; `permitted` where it
// opened, `unexplained_refusal` where the record shows no function that refused. Never empty.
// The rules rest on the order of the checks in kernel/events/core.c and on Debian's and Ubuntu's
// patch to it; what a method does not record is never taken for an answer.
std::vector<TraceCause> judge(const TracedCall& call, const TraceContext& context);

// Whether a permission refused: EACCES or EPERM, or an end without a beginning.
[[nodiscard]] bool is_permission_refusal(const TracedCall& call);

// How the proven causes stand to the findings that were reached without privilege.
struct Agreement {
  enum class Kind {
    agrees,   // a finding of the same cause
    settles,  // a finding named it as one of what is possible
    differs   // no such finding
  };
  Kind kind = Kind::differs;
  std::string finding;  // the id it was compared with: the same cause, or the first finding
};
Agreement compare(const std::vector<TraceCause>& causes, const std::vector<Finding>& findings);

// "agrees", "settles", "differs".
std::string_view to_text(Agreement::Kind kind);

}  // namespace perf_exporter
