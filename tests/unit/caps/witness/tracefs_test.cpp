// On this machine's own tracefs, where there is one to be had.
#include "caps/witness/tracefs.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <vector>

#include "caps/witness/tracer.h"
#include "fakes/temp_host.h"
#include "unit/caps/probe/child.h"

namespace perf_exporter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string instance_of(pid_t pid) {
  return std::string(kTracePrefix) + std::to_string(pid);
}

class TracefsAsRoot : public testing::Test {
 protected:
  void SetUp() override {
    auto found = Tracefs::find({});
    if (!found || ::access((found->root() / "instances").c_str(), W_OK) != 0) {
      GTEST_SKIP() << "needs tracefs: " << (found ? "not writable" : found.error().what);
    }
    tracefs_.emplace(std::move(*found));
  }

  [[nodiscard]] bool exists(const std::string& instance) const {
    return ::access((tracefs_->root() / "instances" / instance).c_str(), F_OK) == 0;
  }

  std::optional<Tracefs> tracefs_;
};

TEST_F(TracefsAsRoot, MakesAndRemovesAnInstance) {
  const std::string name = instance_of(::getpid());
  {
    auto instance = TraceInstance::create(*tracefs_);
    ASSERT_TRUE(instance) << instance.error().what;
    EXPECT_EQ(instance->name(), name);
    EXPECT_TRUE(exists(name));
    EXPECT_TRUE(instance->has("tracing_on"));
    EXPECT_FALSE(instance->has("no_such_file"));
    EXPECT_TRUE(instance->set("tracing_on", "0"));
    const auto bad = instance->set("trace_clock", "no_such_clock");
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().what, HasSubstr("no_such_clock"));
    EXPECT_EQ(instance->take_text(), "");
    EXPECT_TRUE(instance->open_pipe());
    EXPECT_EQ(instance->take_text(), "");
    EXPECT_FALSE(TraceInstance::create(*tracefs_)) << "there is one of that name already";
    EXPECT_TRUE(exists(name));
  }
  EXPECT_FALSE(exists(name));
}

TEST_F(TracefsAsRoot, RemoveIsDoneOnce) {
  auto instance = TraceInstance::create(*tracefs_);
  ASSERT_TRUE(instance) << instance.error().what;
  TraceInstance moved = std::move(*instance);
  EXPECT_TRUE(moved.remove());
  EXPECT_FALSE(exists(instance_of(::getpid())));
  EXPECT_TRUE(moved.remove());
}

// A process that is killed cannot remove what it has made.
TEST_F(TracefsAsRoot, WhatAKilledProcessLeftIsRemoved) {
  const std::string name = in_child([this]() -> std::string {
    auto* left = new Result<TraceInstance>(TraceInstance::create(*tracefs_));
    return *left && exists((*left)->name()) ? (*left)->name() : "none";
  });
  EXPECT_THAT(name, testing::StartsWith(std::string(kTracePrefix)));
  remove_left_instances(*tracefs_);
  EXPECT_FALSE(exists(name));
}

TEST_F(TracefsAsRoot, WhatALivingProcessUsesIsLeftAlone) {
  int ready[2];
  int end[2];
  ASSERT_EQ(::pipe(ready) | ::pipe(end), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(end[1]);
    char byte = 0;
    {
      auto instance = TraceInstance::create(*tracefs_);
      (void)!::write(ready[1], &byte, 1);
      (void)!::read(end[0], &byte, 1);
    }
    ::_exit(EXIT_SUCCESS);
  }
  ::close(ready[1]);
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  remove_left_instances(*tracefs_);
  EXPECT_TRUE(exists(instance_of(child)));
  ::close(end[1]);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(exists(instance_of(child)));
  for (const int fd : {ready[0], end[0]}) {
    ::close(fd);
  }
}

// Whoever looks for what was left behind must not take what another is just making.
TEST_F(TracefsAsRoot, ManyAtOnceLeaveEachOtherAlone) {
  constexpr int kProcesses = 4;
  constexpr int kTimes = 8;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int wrong = 0;
      for (int n = 0; n < kTimes; ++n) {
        remove_left_instances(*tracefs_);
        auto instance = TraceInstance::create(*tracefs_);
        wrong += instance && instance->set("tracing_on", "0") && instance->remove() ? 0 : 1;
      }
      ::_exit(wrong);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(TracefsAsRoot, ATracerFindsSomeMeans) {
  auto tracer = Tracer::create({});
  ASSERT_TRUE(tracer) << tracer.error().what;
  EXPECT_TRUE(tracer->scope().syscall || !tracer->scope().functions.empty());
  const pid_t self[] = {::getpid()};
  EXPECT_TRUE(tracer->watch(self));
  EXPECT_TRUE(tracer->start());
  EXPECT_TRUE(tracer->stop());
  EXPECT_TRUE(tracer->remove());
  EXPECT_FALSE(exists(instance_of(::getpid())));
}

TEST(Tracefs, LinesOfAFileOfAnyLength) {
  TempHost host;
  const std::string longer(100'000, 'x');
  host.write_sys("file", longer + "\n\nlast");
  std::vector<std::string> lines;
  EXPECT_TRUE(for_each_line_of(host.paths().sysfs / "file",
                               [&](std::string_view line) { lines.emplace_back(line); }));
  EXPECT_THAT(lines, ElementsAre(longer, "", "last"));
  const auto missing = for_each_line_of(host.paths().sysfs / "missing", [](std::string_view) {});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, HasSubstr("missing: No such file"));
}

TEST(Tracefs, AFileThatCantBeReadToItsEndIsAFault) {
  TempHost host;
  const auto directory = for_each_line_of(host.paths().sysfs, [](std::string_view) {});
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, EISDIR);
}

TEST(Tracefs, WithoutPrivilegeItSaysWhatItTakes) {
  TempHost host;  // nothing is mounted there
  const std::string said = in_child([&host]() -> std::string {
    if (const std::string failed = ::getuid() == 0 ? become_nobody(0) : ""; !failed.empty()) {
      return failed;
    }
    const auto found = Tracefs::find(host.paths());
    return found ? "found" : found.error().what;
  });
  EXPECT_THAT(said, HasSubstr("takes CAP_SYS_ADMIN"));
}

}  // namespace
}  // namespace perf_exporter
