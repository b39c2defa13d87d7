#include "caps/advice/seccomp_profiles.h"

#include <array>
#include <cerrno>
#include <string_view>

namespace perf_exporter {
namespace {

// An errno, or what stands for none.
constexpr int kAllowed = 0;
constexpr int kKilled = -1;

struct ProfileRow {
  Runtime runtime;
  std::string_view versions;
  // To a bounding set with neither CAP_PERFMON nor CAP_SYS_ADMIN, with the first alone, with the
  // second alone, with both.
  std::array<int, 4> answers;
};

// Sources: moby 7b7d1132e8, containerd 43907515b and 346412f5a, containers/common daa81f13 and
// go.podman.io/common after 0.66.1, CRI-O ec12a7d5ff. The answers of Docker, Podman and CRI-O were
// measured with their profiles under runc and crun, nspawn's with systemd 252; containerd's are
// read from its source.
constexpr ProfileRow kProfiles[] = {
    {Runtime::docker, "Docker up to 20.10", {EPERM, EPERM, kAllowed, kAllowed}},
    {Runtime::docker, "Docker 23.0 and newer", {EPERM, kAllowed, kAllowed, kAllowed}},
    {Runtime::containerd, "containerd before 1.6.9", {EPERM, EPERM, kAllowed, kAllowed}},
    {Runtime::containerd,
     "containerd 1.6.9, 1.7.0 and newer",
     {EPERM, kAllowed, kAllowed, kAllowed}},
    {Runtime::podman, "Podman before 5.2", {EPERM, EPERM, kAllowed, kAllowed}},
    {Runtime::podman,
     "Podman with containers/common 0.60 to 0.67.0",
     {EPERM, EPERM, ENOSYS, kAllowed}},
    {Runtime::podman,
     "Podman with containers/common after 0.67.0",
     {EPERM, kAllowed, kAllowed, kAllowed}},
    {Runtime::crio, "CRI-O up to 1.30", {EPERM, EPERM, kAllowed, kAllowed}},
    {Runtime::crio, "CRI-O 1.31 to 1.35.0", {EPERM, EPERM, ENOSYS, kAllowed}},
    {Runtime::crio, "CRI-O 1.35.1 and newer", {EPERM, kAllowed, kAllowed, kAllowed}},
    {Runtime::nspawn, "systemd-nspawn", {EPERM, EPERM, EPERM, EPERM}},
    // systemd.exec(5): without SystemCallErrorNumber= the process is killed.
    {Runtime::none,
     "a unit's SystemCallFilter= that leaves it out",
     {kKilled, kKilled, kKilled, kKilled}},
};

int answer_number(const TrialResult& answer) {
  return answer.outcome == TrialResult::Outcome::killed ? kKilled : answer.number;
}

std::size_t column_of(const CapabilitySets& sets) {
  const bool perfmon = (sets.bounding & bit(Capability::perfmon)) != 0;
  const bool sys_admin = (sets.bounding & bit(Capability::sys_admin)) != 0;
  return (perfmon ? 1U : 0U) + (sys_admin ? 2U : 0U);
}

}  // namespace

std::string profiles_that_answer(const TrialResult& answer, const CapabilitySets& sets,
                                 std::optional<Runtime> runtime) {
  std::string text;
  for (const ProfileRow& row : kProfiles) {
    const bool may_be_its = !runtime || row.runtime == *runtime;
    if (may_be_its && row.answers[column_of(sets)] == answer_number(answer)) {
      text += (text.empty() ? "" : ", ") + std::string(row.versions);
    }
  }
  return text;
}

}  // namespace perf_exporter
