#include <string>

#include "caps/probe/causes.h"

namespace perf_exporter {
namespace {

std::string tell_file_capabilities(const Case& c) {
  const auto& file = c.facts.file_capabilities;
  if (!file) {
    return "file capabilities unknown";
  }
  if (!file->present) {
    return "no security.capability on the file";
  }
  std::string text = "file capabilities " + format_mask(file->permitted);
  text += file->effective ? "=ep" : "=p";
  if (file->namespace_root != 0) {
    text += " for the user namespace of uid " + std::to_string(file->namespace_root);
  }
  return text;
}

bool file_grants(const FileCapabilities& file) {
  return file.present && file.namespace_root == 0 &&
         (file.permitted & bit(Capability::perfmon)) != 0;
}

// The file carries the capability and lies where it counts, and yet it was not applied
// (security/commoncap.c, cap_bprm_creds_from_file). NoNewPrivs alone proves nothing: it keeps what
// the process held before it executed the file. What can't be told apart is named together.
void add_unapplied_causes(Case& c, Severity severity, const std::string& seen) {
  const bool no_new_privs = c.facts.no_new_privs == true;
  const bool traced = c.facts.tracer_pid.value_or(0) != 0;
  const char* open = no_new_privs && traced ? "; a tracer and no_new_privs look the same" : "";
  if (no_new_privs) {
    add(c, "no_new_privs_dropped_perfmon", severity, seen + ", NoNewPrivs 1" + open);
  }
  if (traced) {
    add(c, "tracer_dropped_perfmon", severity,
        seen + ", TracerPid " + std::to_string(*c.facts.tracer_pid) + open);
  }
  if (no_new_privs || traced) {
    return;
  }
  const char* boot = !c.facts.no_file_caps   ? "unknown"
                     : *c.facts.no_file_caps ? "on the command line"
                                             : "not on the command line";
  add(c, "file_capability_not_applied", severity, seen + ", no_file_caps " + boot);
}

// In a container the file comes from an image, which may have lost on its way what it was given.
void add_missing_file_capability(Case& c, Severity severity, const std::string& seen) {
  if (is_in_a_container(c)) {
    add(c, "image_lacks_file_capability", severity,
        seen + ", root file system " + c.facts.root_filesystem.value_or("unknown") +
            "; a file that never had it looks the same as one that lost it");
  } else {
    add(c, "file_capability_missing", severity, seen);
  }
}

// Where a process that is not root gets its capability from: the executed file.
void add_file_causes(Case& c, Severity severity, const std::string& sets) {
  const auto& file = c.facts.file_capabilities;
  const std::string seen = sets + ", " + tell_file_capabilities(c);
  const bool is_missing = file && !file->present;
  const bool lacks = file && file->present && !file_grants(*file);
  if (is_missing) {
    add_missing_file_capability(c, severity, seen);
  } else if (lacks) {
    add(c, "file_capability_lacks_perfmon", severity, seen);
  }
  if (c.facts.nosuid_mount == true) {
    add(c, "nosuid_mount", severity, seen + ", nosuid mount");
    return;
  }
  const bool is_bounded = (c.facts.capabilities->bounding & bit(Capability::perfmon)) == 0;
  if (!is_missing && !lacks && !is_bounded) {
    add_unapplied_causes(c, severity, seen);
  }
}

// Nothing is effective. Each step that is missing on the way to it is a cause.
void add_missing_steps(Case& c, Severity severity) {
  const CapabilitySets& sets = *c.facts.capabilities;
  const std::string seen = tell_level(c) + ", " + tell_sets(c);
  if (c.facts.cap_last_cap.value_or(static_cast<int>(Capability::perfmon)) <
      static_cast<int>(Capability::perfmon)) {
    add(c, "kernel_lacks_perfmon", severity,
        seen + ", cap_last_cap " + std::to_string(*c.facts.cap_last_cap));
    return;
  }
  if ((sets.permitted & bit(Capability::perfmon)) != 0) {
    const auto& calls = c.facts.side_calls;
    const bool is_filtered = calls && calls->is_taken(SideCall::capset);
    add(c, is_filtered ? "permitted_not_raised/filtered" : "permitted_not_raised", severity,
        is_filtered ? seen + ", capset " + to_text((*calls)[SideCall::capset]) : seen);
    return;
  }
  const bool is_bounded = (sets.bounding & bit(Capability::perfmon)) == 0;
  if (is_bounded) {
    add(c, "bounding_set_lacks_perfmon", severity, seen);
  }
  const bool is_root = c.facts.uid && *c.facts.uid == 0;
  if (!is_root) {
    add_file_causes(c, severity, seen);
  } else if (!is_bounded) {
    add(c, "root_lost_perfmon", severity, seen + ", uid 0");
  }
}

}  // namespace

void add_capability_causes(Case& c, Severity severity) {
  if (capability_is_masked(c)) {
    add(c, "apparmor_denies_capability", severity,
        tell_sets(c) + ", " + tell_label(c) + "; capget(2) hides the capability");
  }
  if (c.facts.initial_user_namespace == false) {
    add(c, "user_namespace", severity,
        "/proc/self/ns/user is not the initial one; " + tell_sets(c));
  }
  const auto held = has_capability(c);
  if (held == false) {
    add_missing_steps(c, severity);
  } else if (held == true && !c.facts.initial_user_namespace) {
    const std::string seen = tell_sets(c) + ", user namespace unknown, " + tell_label(c);
    add(c, "user_namespace", severity, seen + "; lsm_denies_capability would look the same");
    add(c, "lsm_denies_capability", severity, seen + "; user_namespace would look the same");
  } else if (!held && severity == Severity::fail) {
    add(c, "unexplained_refusal", severity, tell_sets(c) + ", " + tell_level(c));
  }
}

}  // namespace perf_exporter
