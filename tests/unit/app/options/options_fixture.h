// Parsing as main does it, for the tests of options.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "app/options/options.h"
#include "base/text.h"

namespace perf_exporter {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

inline const std::vector<CollectorChoice> kCollectors = {{"cycles", "CPU cycles.", true},
                                                         {"instructions", "Instructions.", true},
                                                         {"cache", "Last-level cache.", true},
                                                         {"hw_cache", "All the caches.", false}};

inline tl::expected<Options, EarlyExit> parse(const Arguments& arguments,
                                              const Environment& environment = {}) {
  std::vector<const char*> argv = {"perf-exporter"};
  for (const std::string& argument : arguments) {
    argv.push_back(argument.c_str());
  }
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(argv.size()) - 1, argv.data(), environment, kCollectors);
}

inline Options parsed(const Arguments& arguments, const Environment& environment = {}) {
  auto options = parse(arguments, environment);
  if (!options) {
    ADD_FAILURE() << options.error().code << " " << options.error().out << options.error().err;
    return {};
  }
  return *options;
}

// The line of a mistake, checked to be one line and to end with exit code 2.
inline std::string refused(const Arguments& arguments, const Environment& environment = {}) {
  const auto options = parse(arguments, environment);
  if (options) {
    ADD_FAILURE() << "was taken";
    return "";
  }
  const std::string& line = options.error().err;
  EXPECT_EQ(options.error().code, 2);
  EXPECT_EQ(options.error().out, "");
  EXPECT_EQ(line, printable(line));
  EXPECT_FALSE(line.empty());
  return error_line(line, {});
}

// A folder of this test's own, gone at its end.
class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() { std::filesystem::create_directories(folder_); }
  ~OptionsTest() override { std::filesystem::remove_all(folder_); }
  OptionsTest(const OptionsTest&) = delete;
  OptionsTest& operator=(const OptionsTest&) = delete;

  [[nodiscard]] std::string config(const std::string& text) const {
    const auto path = folder_ / "perf-exporter.toml";
    std::ofstream(path) << text;
    return path.string();
  }
  [[nodiscard]] std::string directory(const std::string& name) const {
    std::filesystem::create_directories(folder_ / name);
    return (folder_ / name).string();
  }

  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                  ("options_" + std::to_string(::getpid()) + "_" +
                                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

}  // namespace perf_exporter
