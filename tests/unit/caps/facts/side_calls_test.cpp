#include "caps/facts/side_calls.h"

#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstddef>
#include <vector>

#include "unit/caps/probe/child.h"
#include "unit/caps/probe/diagnosis_cases.h"

namespace perf_exporter {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Rule {
  int call;
  std::uint32_t action;
};

// A filter with these rules that lets everything else through.
bool install(const std::vector<Rule>& rules) {
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const Rule& rule : rules) {
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(rule.call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, rule.action));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

std::string tell(const SideCalls& calls) {
  std::string text;
  for (const SideCall call : kSideCalls) {
    text += std::string(to_text(call)) + " " + to_text(calls[call]) +
            (calls.use(call) == CallUse::make ? " made" : " left out") + "\n";
  }
  return text;
}

const std::string kEpollMade =
    "epoll_create1 done made\nepoll_ctl done made\nepoll_pwait done made\n";

// What is found behind a filter with these rules, in a process of its own.
std::string found_behind(const std::vector<Rule>& rules) {
  return in_child(
      [&] { return install(rules) ? tell(try_side_calls()) : std::string("no filter"); });
}

// Of a child that ThreadSanitizer gives a second thread the rest would live on, and be waited for.
#ifdef __SANITIZE_THREAD__
constexpr std::uint32_t kKillThread = SECCOMP_RET_KILL_PROCESS;
#else
constexpr std::uint32_t kKillThread = SECCOMP_RET_KILL_THREAD;
#endif

TEST(SideCallsBehindAFilter, AreAllMadeWhereItTakesNone) {
  EXPECT_EQ(found_behind({{SYS_swapon, SECCOMP_RET_KILL_PROCESS}}),
            "capget done made\ncapset done made\nsched_setaffinity done made\n"
            "prlimit64 done made\n" +
                kEpollMade);
}

TEST(SideCallsBehindAFilter, AreLeftOutOneByOne) {
  EXPECT_EQ(found_behind({{SYS_capset, SECCOMP_RET_KILL_PROCESS}}),
            "capget done made\ncapset SIGSYS left out\nsched_setaffinity done made\n"
            "prlimit64 done made\n" +
                kEpollMade);
  EXPECT_EQ(found_behind({{SYS_sched_setaffinity, SECCOMP_RET_TRAP},
                          {SYS_capget, SECCOMP_RET_ERRNO | EPERM},
                          {SYS_prlimit64, kKillThread}}),
            "capget EPERM left out\ncapset done made\nsched_setaffinity SIGSYS left out\n"
            "prlimit64 SIGSYS left out\n" +
                kEpollMade);
  EXPECT_EQ(found_behind({{SYS_capget, SECCOMP_RET_KILL_PROCESS},
                          {SYS_capset, SECCOMP_RET_KILL_PROCESS},
                          {SYS_sched_setaffinity, SECCOMP_RET_KILL_PROCESS},
                          {SYS_prlimit64, SECCOMP_RET_ERRNO | ENOSYS}}),
            "capget SIGSYS left out\ncapset SIGSYS left out\nsched_setaffinity SIGSYS left out\n"
            "prlimit64 ENOSYS left out\n" +
                kEpollMade);
  EXPECT_THAT(found_behind({{SYS_epoll_create1, SECCOMP_RET_KILL_PROCESS},
                            {SYS_epoll_ctl, SECCOMP_RET_ERRNO | EPERM},
                            {SYS_epoll_pwait, SECCOMP_RET_TRAP}}),
              HasSubstr("prlimit64 done made\nepoll_create1 SIGSYS left out\n"
                        "epoll_ctl EPERM left out\nepoll_pwait SIGSYS left out\n"));
}

// SELinux may refuse capset, too (process { setcap }): to ask again is no danger.
TEST(SideCallsBehindAFilter, AreMadeWhereAnotherRefuses) {
  EXPECT_THAT(found_behind({{SYS_capset, SECCOMP_RET_ERRNO | EACCES}}),
              HasSubstr("capset EACCES made"));
}

// glibc forks by clone.
TEST(SideCallsBehindAFilter, AreLeftOutWhereNoChildCanBeMade) {
  EXPECT_EQ(found_behind({{SYS_clone, SECCOMP_RET_ERRNO | EAGAIN}}),
            "capget not run left out\ncapset not run left out\n"
            "sched_setaffinity not run left out\nprlimit64 not run left out\n"
            "epoll_create1 not run left out\nepoll_ctl not run left out\n"
            "epoll_pwait not run left out\n");
}

TEST(SideCalls, ChangeNothingOfTheirProcess) {
  const auto state = [] {
    cpu_set_t cpus;
    rlimit limit{};
    ::sched_getaffinity(0, sizeof(cpus), &cpus);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return std::to_string(CPU_COUNT(&cpus)) + " " + std::to_string(limit.rlim_cur) + " " +
           std::to_string(::prctl(PR_GET_DUMPABLE));
  };
  const std::string before = state();
  try_side_calls();
  EXPECT_EQ(state(), before);
}

TEST(SideCalls, AreMadeWithoutAFilterEvenWhereTheyCouldNotBeTried) {
  SideCalls calls;
  calls.filter = SideCalls::Filter::none;
  EXPECT_THAT(tell(calls), Not(HasSubstr("left out")));
}

HostFacts facts_with(SideCall call, const TrialResult& result) {
  HostFacts facts = plain_facts();
  grant(facts, kPerfmonBit);
  facts.seccomp_mode = 2;
  facts.side_calls.emplace();
  for (TrialResult& each : facts.side_calls->results) {
    each = {TrialResult::Outcome::done, 0};
  }
  (*facts.side_calls)[call] = result;
  return facts;
}

constexpr TrialResult kKilled = {TrialResult::Outcome::killed, SIGSYS};

TEST(SideCallCauses, SayWhatIsLeftOutAndWhatThatMeans) {
  const auto evidence = [](SideCall call) {
    const auto findings =
        diagnose(facts_with(call, kKilled), trials_of("EINVAL EFAULT OK OK OK OK OK OK"), {});
    EXPECT_EQ(ids_of(findings), "warn:seccomp_other_calls ok:permitted");
    return findings.front().evidence;
  };
  EXPECT_EQ(evidence(SideCall::capset),
            "capset SIGSYS: CapEff 0000004000000000 stays effective while it serves");
  EXPECT_THAT(evidence(SideCall::sched_setaffinity), HasSubstr("is not checked"));
  EXPECT_THAT(evidence(SideCall::prlimit64), HasSubstr("open files stays 1024"));
  EXPECT_THAT(evidence(SideCall::capget), HasSubstr("capget SIGSYS: "));
  EXPECT_THAT(evidence(SideCall::epoll_ctl), HasSubstr("one thread accepts for all"));
}

TEST(SideCallCauses, SayWhatCouldNotBeTried) {
  HostFacts facts = facts_with(SideCall::capset, {});
  EXPECT_EQ(ids_of(diagnose(facts, trials_of("EINVAL EFAULT OK OK OK OK OK OK"), {})),
            "unknown:seccomp_other_calls ok:permitted");
  facts.side_calls->filter = SideCalls::Filter::none;
  EXPECT_EQ(ids_of(diagnose(facts, trials_of("EINVAL EFAULT OK OK OK OK OK OK"), {})),
            "ok:permitted");
}

TEST(SideCallCauses, NameEveryCallInTheFixAtEveryPlace) {
  HostFacts facts = facts_with(SideCall::sched_setaffinity, kKilled);
  (*facts.side_calls)[SideCall::capset] = {TrialResult::Outcome::refused, EPERM};
  for (const Place place : kPlaces) {
    facts.place = place;
    for (const Finding& finding : diagnose(facts, trials_of("SIGSYS"), {})) {
      if (finding.id.starts_with("seccomp_")) {
        EXPECT_THAT(finding.fix,
                    testing::AnyOf(HasSubstr("capset, perf_event_open, sched_setaffinity"),
                                   HasSubstr("\n  SystemCallFilter=capset perf_event_open "
                                             "sched_setaffinity\n")))
            << to_text(place);
      }
    }
  }
}

// What is permitted can't be raised without capset.
TEST(SideCallCauses, ExplainACapabilityThatIsNotRaised) {
  HostFacts facts = facts_with(SideCall::capset, kKilled);
  facts.capabilities->effective = 0;
  const auto findings =
      diagnose(facts, trials_of("EINVAL EFAULT OK EACCES EACCES EACCES EACCES OK"), {});
  EXPECT_EQ(findings.front().id, "permitted_not_raised");
  EXPECT_THAT(findings.front().summary, HasSubstr("a seccomp filter takes capset"));
  EXPECT_THAT(findings.front().fix, HasSubstr("capset, perf_event_open"));
}

}  // namespace
}  // namespace perf_exporter
