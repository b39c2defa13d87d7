// What `list` prints: it opens as serving does, on each core PMU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "app/commands/commands.h"
#include "fakes/descriptors.h"
#include "unit/collectors/counting/machine.h"

namespace perf_exporter {
namespace {

using namespace testing_machine;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

struct Listing {
  int code = 0;
  std::string rows;
  std::string said;  // on standard error
};

class ListTest : public testing::Test {
 protected:
  Listing list(const std::string& pattern, const std::string& cpus = "online") {
    Options options;
    options.command = Command::list;
    options.paths = host_.paths();
    options.cpus = parse_cpu_choice(cpus).value();
    options.list_pattern = pattern;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Listing listing;
    listing.code = list_events(options, kernel_);
    listing.rows = testing::internal::GetCapturedStdout();
    listing.said = testing::internal::GetCapturedStderr();
    return listing;
  }
  // The row of an event.
  std::string row(const std::string& event) {
    const std::string rows = "\n" + list(event).rows;
    const auto begin = rows.find("\n" + event + " ");
    return begin == std::string::npos
               ? ""
               : rows.substr(begin + 1, rows.find('\n', begin + 1) - begin - 1);
  }
  void refuse_on(int cpu, int error, std::uint64_t config = PERF_COUNT_HW_REF_CPU_CYCLES) {
    FakePerfKernel::Match match;
    match.where = [cpu, config](const OpenCall& call) {
      return is_hardware(call) && call.cpu == cpu && (call.attr->config & 0xffffffffU) == config;
    };
    kernel_.refuse(match, error);
  }

  TempHost host_{"0-3"};
  FakePerfKernel kernel_;
};

TEST_F(ListTest, AnEventThatOpensHasNoReason) {
  const std::size_t before = open_descriptors();
  EXPECT_THAT(row("ref_cycles"), MatchesRegex("ref_cycles +cycles +opens +- +CPU cycles at .*"));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(kernel_.enables(), 0U);
}

TEST_F(ListTest, ARefusalHasItsErrnoAndReason) {
  kernel_.refuse(hardware(), ENOENT);
  EXPECT_THAT(row("ref_cycles"),
              MatchesRegex("ref_cycles +cycles +unsupported +no PMU here has it \\(ENOENT\\) +.*"));
  kernel_.refuse(hardware(), EACCES);
  EXPECT_THAT(row("ref_cycles"),
              MatchesRegex("ref_cycles +cycles +refused +not permitted \\(EACCES\\) +.*"));
}

// What holds the first CPU's counters says nothing of the others.
TEST_F(ListTest, EveryCpuIsAskedUntilItsPmuIsKnown) {
  refuse_on(0, EBUSY);
  EXPECT_THAT(row("ref_cycles"),
              MatchesRegex("ref_cycles +cycles +opens +not on CPU 0: somebody .* \\(EBUSY\\) .*"));
  EXPECT_THAT(list("ref_cycles", "0").rows, HasSubstr("busy "));
  kernel_.count(hardware(), {});
  refuse_on(1, EACCES);
  EXPECT_THAT(row("ref_cycles"), HasSubstr("not on CPU 1: not permitted (EACCES)"));
}

TEST_F(ListTest, EachCoreTypeAnswersForItselfAndIsAskedByItsPmu) {
  host_.add_pmu("cpu_core", 4, "0-1");
  host_.add_pmu("cpu_atom", 10, "2-3");
  refuse_on(2, ENOENT);
  refuse_on(3, ENOENT);
  EXPECT_THAT(row("ref_cycles"), HasSubstr("not on CPU 2-3: no PMU here has it (ENOENT)"));
  bool names_its_pmu = false;
  for (const SeenOpen& seen : kernel_.opens()) {
    names_its_pmu = names_its_pmu || (seen.call.cpu == 0 && (seen.attr.config >> 32U) == 4);
  }
  EXPECT_TRUE(names_its_pmu);
}

TEST_F(ListTest, GuestsAreLeftOutWhereTheKernelWillNotCountThem) {
  FakePerfKernel::Match with_guests = hardware();
  with_guests.where = [](const OpenCall& call) {
    return is_hardware(call) && call.attr->exclude_guest == 0;
  };
  kernel_.refuse(with_guests, EOPNOTSUPP);
  EXPECT_THAT(row("ref_cycles"), HasSubstr(" opens "));
}

TEST_F(ListTest, WithoutACpuNothingIsTried) {
  const Listing listing = list("ref_cycles", "7");
  EXPECT_THAT(listing.rows, HasSubstr("untried      no CPU of --cpus is online"));
  EXPECT_EQ(listing.code, 0);
}

TEST_F(ListTest, APatternThatNothingHoldsIsAMistake) {
  const Listing listing = list("ref_cyles");
  EXPECT_EQ(listing.code, 2);
  EXPECT_EQ(listing.rows, "");
  EXPECT_THAT(listing.said, HasSubstr("no event is like 'ref_cyles' (did you mean ref_cycles"));
  EXPECT_THAT(list("Branch_Mises").said, HasSubstr("branch_misses")) << "whatever its case";
  EXPECT_THAT(list("xyzzyxyzzy").said, Not(HasSubstr("did you mean")));
}

}  // namespace
}  // namespace perf_exporter
