// Facts, trials and diagnosis of this machine's own kernel, in children that give up what the case
// is about.
#include <gmock/gmock.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "caps/process_caps.h"
#include "caps/raising_kernel.h"
#include "perf/linux_perf_kernel.h"
#include "unit/caps/probe/child.h"
#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::uint64_t kPerfmon = bit(Capability::perfmon);

CpuId first_online() {
  const auto text = read_text("/sys/devices/system/cpu/online");
  const auto cpus = text ? parse_cpu_list(*text) : Result<CpuList>(CpuList{});
  return cpus && !cpus->empty() ? cpus->front() : CpuId{0};
}

std::string diagnose_here() {
  LinuxPerfKernel kernel;
  RaisingKernel raising(kernel);
  const HostFacts facts = gather_facts({});
  const Trials trials = run_trials(raising, first_online());
  const auto left = own_capabilities();
  return ids_of(diagnose(facts, trials, {})) +
         (left && left->effective == 0 ? " effective empty" : " effective set");
}

// `failed` is what preparing the case said, "" where it went well.
std::string diagnose_after(const std::string& failed) {
  return failed.empty() ? diagnose_here() : failed;
}

// Cases that hold on a kernel of the mainline kind: other levels have other causes.
class RealKernel : public testing::Test {
 protected:
  void SetUp() override {
    const HostFacts facts = gather_facts({});
    if (facts.uid != 0U || !facts.capabilities || (facts.capabilities->permitted & kPerfmon) == 0) {
      GTEST_SKIP() << "needs root with CAP_PERFMON";
    }
    if (facts.initial_user_namespace != true || facts.seccomp_mode != 0) {
      GTEST_SKIP() << "needs the initial user namespace and no seccomp filter";
    }
    level_ = facts.perf_event_paranoid.value_or(0);
  }

  void skip_unless_level_is_2() const {
    if (level_ != 2) {
      GTEST_SKIP() << "needs perf_event_paranoid 2, is " << level_;
    }
  }

  std::int64_t level_ = 0;
};

TEST_F(RealKernel, PermitsRoot) {
  const std::string found = in_child(diagnose_here);
  EXPECT_THAT(found, HasSubstr("ok:permitted"));
  EXPECT_THAT(found, Not(HasSubstr("fail:")));
}

TEST_F(RealKernel, PermitsRootWithAnEmptyEffectiveSet) {
  const std::string found = in_child([] {
    const auto cleared = clear_effective();
    return cleared ? diagnose_here() : cleared.error().what;
  });
  EXPECT_THAT(found, HasSubstr("ok:permitted"));
  EXPECT_THAT(found, HasSubstr(" effective empty"));
}

TEST_F(RealKernel, PermitsNobodyWithPerfmonPermitted) {
  skip_unless_level_is_2();
  const std::string found = in_child([] { return diagnose_after(become_nobody(kPerfmon)); });
  EXPECT_THAT(found, HasSubstr("ok:permitted"));
  EXPECT_THAT(found, HasSubstr(" effective empty"));
}

TEST_F(RealKernel, RefusesNobodyWithoutCapability) {
  skip_unless_level_is_2();
  const std::string found = in_child([] { return diagnose_after(become_nobody(0)); });
  EXPECT_THAT(found, AnyOf(StartsWith("fail:file_capability_missing"),
                           StartsWith("fail:image_lacks_file_capability")));
  EXPECT_THAT(found, HasSubstr("warn:paranoid_restricts"));
}

TEST_F(RealKernel, RefusesNobodyWithoutTheBoundingSet) {
  skip_unless_level_is_2();
  const std::string found = in_child([] {
    ::prctl(PR_CAPBSET_DROP, static_cast<int>(Capability::perfmon));
    return diagnose_after(become_nobody(0));
  });
  EXPECT_THAT(found, StartsWith("fail:bounding_set_lacks_perfmon"));
}

TEST_F(RealKernel, RefusesRootThatDroppedEverything) {
  skip_unless_level_is_2();
  const std::string found = in_child([] {
    static_cast<void>(drop_permitted());
    return diagnose_here();
  });
  EXPECT_THAT(found, StartsWith("fail:root_lost_perfmon"));
}

TEST_F(RealKernel, RefusesTheRootOfAUserNamespace) {
  skip_unless_level_is_2();
  const std::string found = in_child([] {
    const std::string failed = become_nobody(0);
    if (!failed.empty() || ::unshare(CLONE_NEWUSER) != 0) {
      return "no namespace: " + failed + std::strerror(errno);
    }
    return diagnose_here();
  });
  if (found.starts_with("no namespace")) {
    GTEST_SKIP() << found;
  }
  EXPECT_THAT(found, StartsWith("fail:user_namespace"));
}

TEST_F(RealKernel, SaysThatNoDescriptorIsLeft) {
  LinuxPerfKernel kernel;
  const std::string found = in_child([&kernel] {
    const HostFacts facts = gather_facts({});
    // Also lets UBSan look at the object's type while it still has descriptors to do so.
    const std::string before = ids_of(diagnose(facts, run_trials(kernel, first_online()), {}));
    const int next = ::dup(STDIN_FILENO);
    ::close(next);
    const rlimit limit{static_cast<rlim_t>(next), static_cast<rlim_t>(next)};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return before + " then " + ids_of(diagnose(facts, run_trials(kernel, first_online()), {}));
  });
  EXPECT_THAT(found, HasSubstr("ok:permitted then fail:descriptors_exhausted"));
}

// A filter that answers perf_event_open by `action` and lets everything else through. By root, so
// that no_new_privs is not needed.
std::string install_filter(std::uint32_t action) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0
             ? ""
             : "no filter: " + std::string(std::strerror(errno));
}

std::string diagnose_behind(std::uint32_t action) {
  return in_child([action] { return diagnose_after(install_filter(action)); });
}

TEST_F(RealKernel, NamesASeccompFilterByItsAnswer) {
  EXPECT_THAT(diagnose_behind(SECCOMP_RET_ERRNO | EPERM), StartsWith("fail:seccomp_eperm"));
  EXPECT_THAT(diagnose_behind(SECCOMP_RET_ERRNO | ENOSYS), StartsWith("fail:seccomp_enosys"));
  EXPECT_THAT(diagnose_behind(SECCOMP_RET_ERRNO | EACCES), StartsWith("fail:seccomp_errno"));
  EXPECT_THAT(diagnose_behind(SECCOMP_RET_TRAP), StartsWith("fail:seccomp_kill"));
  EXPECT_THAT(diagnose_behind(SECCOMP_RET_KILL_PROCESS), StartsWith("fail:seccomp_kill"));
}

}  // namespace
}  // namespace perf_exporter
