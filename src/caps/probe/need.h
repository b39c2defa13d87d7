// What counting would take on this kernel, whether or not it is granted here: probe --need.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "caps/probe/diagnosis.h"

namespace perf_exporter {

struct Sysctl {
  std::string name;  // "kernel.perf_event_paranoid"
  int value = 0;
  std::string reason;

  friend bool operator==(const Sysctl&, const Sysctl&) = default;
};

// The least that suffices. Every member may be empty: then nothing of that kind is needed.
struct Need {
  std::vector<std::string> capabilities;  // as Kubernetes spells them: "PERFMON"
  std::string capability_reason;
  std::vector<Sysctl> sysctls;             // to be set on the node
  std::vector<std::string> system_calls;   // that a seccomp filter must let through
  std::vector<std::string> selinux_rules;  // CIL, with the own label's type
  std::string unavailable;                 // why no permission helps: no perf, no PMU
  std::string pod;                         // YAML of a pod that has it all
};

// Pure. The gate of a distribution's kernel is judged by r2, where that tells: with CAP_SYS_ADMIN
// it opens anyway, and the kernel's vendor has to do.
Need need_of(const HostFacts& facts, const Trials& trials, const Wanted& wanted);

// What the question was.
struct NeedQuestion {
  std::vector<std::string> collectors;
  std::vector<std::string> scopes;  // "cpu", "cgroup"
  std::size_t descriptors = 0;      // one for each event on each CPU, and cgroup
};

// For a terminal of 80 columns, ending in a newline.
std::string need_text(const Need& need, const NeedQuestion& question, const HostFacts& facts);

// One JSON object, described by docs/probe-need.schema.json.
std::string need_json(const Need& need, const NeedQuestion& question);

}  // namespace perf_exporter
