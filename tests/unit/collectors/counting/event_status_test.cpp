#include "collectors/counting/event_status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace perf_exporter {
namespace {

TEST(EventStatus, LabelValuesAreDistinct) {
  std::set<std::string_view> names;
  for (const EventStatus status : kEventStatuses) {
    EXPECT_TRUE(names.insert(to_string(status)).second) << to_string(status);
  }
  EXPECT_EQ(to_string(EventStatus::counting), "counting");
  EXPECT_EQ(to_string(EventStatus::busy), "busy");
}

TEST(EventStatus, TellsPermissionsAndLimitsFromWhatTheHardwareLacks) {
  for (const int error : {EACCES, EPERM, ENOSYS, EMFILE, ENFILE, ENOMEM}) {
    EXPECT_EQ(status_of_refusal(error), EventStatus::refused) << error;
  }
  for (const int error : {ENOENT, EINVAL, EOPNOTSUPP, ENODEV}) {
    EXPECT_EQ(status_of_refusal(error), EventStatus::unsupported) << error;
  }
  for (const int error : {EBUSY, ENOSPC}) {
    EXPECT_EQ(status_of_refusal(error), EventStatus::busy) << error;
  }
}

TEST(EventStatus, WordsNameTheErrnoAndALackOfDescriptors) {
  const auto words = [](int error) { return in_words({status_of_refusal(error), {error, ""}}); };
  EXPECT_NE(words(EACCES).find("(EACCES)"), std::string::npos);
  EXPECT_NE(words(EACCES), words(EMFILE));
  EXPECT_NE(words(EMFILE).find("descriptor"), std::string::npos);
  EXPECT_NE(words(ENOENT).find("PMU"), std::string::npos);
  EXPECT_EQ(in_words({EventStatus::busy, {}}).find('('), std::string::npos) << "no errno, no name";
}

TEST(EventStatus, WhatTheKernelWasNotAskedForIsNotItsRefusal) {
  const EventRefusal unsafe{EventStatus::untried, {0, "no child process"}, Obstacle::unsafe};
  const EventRefusal no_room{EventStatus::untried, {0, "no room for 5"}, Obstacle::no_room};
  const EventRefusal not_listed{EventStatus::unsupported, {0, "armv8 does not list it"}};
  EXPECT_EQ(in_words(unsafe), "not tried: no child process");
  EXPECT_EQ(in_words(no_room), "not tried: no descriptor left");
  EXPECT_EQ(in_words(not_listed), "no PMU here has it") << "without an errno";
  EXPECT_EQ(in_words({EventStatus::refused, {EMFILE, ""}}), "no descriptor left (EMFILE)");
  const EventRefusal crowded{EventStatus::busy, {EINVAL, "no"}, Obstacle::no_counters};
  EXPECT_EQ(in_words(crowded), "no room now on the PMU for its group (EINVAL)");
  EXPECT_FALSE(is_limit(crowded));
  EXPECT_TRUE(is_limit(no_room));
  EXPECT_FALSE(is_limit(unsafe));
  EXPECT_TRUE(is_limit({EventStatus::refused, {ENFILE, ""}}));
}

TEST(EventStatus, WhatIsAbsentThoughItIsOpenSaysWhy) {
  EXPECT_EQ(to_string(EventStatus::silent), "silent");
  EXPECT_EQ(to_string(EventStatus::untrusted), "untrusted");
  for (const EventStatus status :
       {EventStatus::starved, EventStatus::busy, EventStatus::silent, EventStatus::untrusted}) {
    EXPECT_FALSE(why_absent(status).empty()) << to_string(status);
  }
  EXPECT_TRUE(why_absent(EventStatus::counting).empty());
  EXPECT_TRUE(why_absent(EventStatus::multiplexed).empty());
}

}  // namespace
}  // namespace perf_exporter
