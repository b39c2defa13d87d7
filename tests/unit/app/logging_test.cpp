#include "app/logging.h"

#include <gmock/gmock.h>
#include <spdlog/formatter.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

namespace perf_exporter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// 2026-01-31T12:00:00.007Z
constexpr std::chrono::milliseconds kNow{1'769'860'800'007};

std::string line(LogFormat format, spdlog::level::level_enum level, const std::string& payload) {
  spdlog::details::log_msg message(spdlog::log_clock::time_point(kNow), spdlog::source_loc{},
                                   "perf-exporter", level, payload);
  spdlog::memory_buf_t out;
  make_log_formatter({format})->format(message, out);
  return {out.data(), out.size()};
}

// Every byte, quotes, backslashes, broken and whole UTF-8.
std::vector<std::string> nasty_messages() {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) {
    all_bytes += static_cast<char>(byte);
  }
  return {"plain",
          "",
          "say \"hi\" \\ now",
          "two\nlines\r\tand a tab",
          "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
          "cut \xf0\x9f",
          "surrogate \xed\xa0\x80",
          "overlong \xc0\xaf",
          all_bytes};
}

TEST(Logging, WritesLogfmt) {
  EXPECT_EQ(line(LogFormat::logfmt, spdlog::level::info,
                 with_fields("listening", {{"address", ":10950"}, {"note", "a \"b\""}, {"x", ""}})),
            "time=2026-01-31T12:00:00.007Z level=info msg=\"listening\" address=:10950 "
            "note=\"a \\\"b\\\"\" x=\"\"\n");
  EXPECT_EQ(line(LogFormat::logfmt, spdlog::level::warn, "a\nb\x01"),
            "time=2026-01-31T12:00:00.007Z level=warn msg=\"a\\nb\\u0001\"\n");
}

TEST(Logging, WritesJson) {
  EXPECT_EQ(line(LogFormat::json, spdlog::level::err,
                 with_fields("say \"hi\"\n", {{"address", ":10950"}})),
            "{\"time\":\"2026-01-31T12:00:00.007Z\",\"level\":\"error\","
            "\"msg\":\"say \\\"hi\\\"\\n\",\"address\":\":10950\"}\n");
}

TEST(Logging, LevelsHaveFourNames) {
  using spdlog::level::level_enum;
  const std::vector<std::pair<level_enum, std::string>> names = {
      {level_enum::trace, "debug"}, {level_enum::debug, "debug"}, {level_enum::info, "info"},
      {level_enum::warn, "warn"},   {level_enum::err, "error"},   {level_enum::critical, "error"}};
  for (const auto& [level, name] : names) {
    EXPECT_THAT(line(LogFormat::logfmt, level, "x"), HasSubstr(" level=" + name + " "));
  }
}

TEST(Logging, AMessageIsOneLineOfPrintableText) {
  for (const std::string& message : nasty_messages()) {
    for (const LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
      const std::string text = line(format, spdlog::level::info, message);
      EXPECT_EQ(text.find('\n'), text.size() - 1);
      const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
      EXPECT_EQ(std::count_if(text.begin(), text.end(), is_control), 1) << text;
    }
  }
}

// sd-daemon(3): the journal takes the priority off the line.
TEST(Logging, ForTheJournalALineBeginsWithItsPriority) {
  using spdlog::level::level_enum;
  const std::vector<std::pair<level_enum, std::string>> priorities = {{level_enum::debug, "<7>"},
                                                                      {level_enum::info, "<6>"},
                                                                      {level_enum::warn, "<4>"},
                                                                      {level_enum::err, "<3>"}};
  for (const LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
    for (const auto& [level, priority] : priorities) {
      spdlog::details::log_msg message(spdlog::log_clock::time_point(kNow), spdlog::source_loc{},
                                       "perf-exporter", level, "a\nb");
      spdlog::memory_buf_t out;
      make_log_formatter({format, LogPrefix::priority})->clone()->format(message, out);
      EXPECT_EQ(std::string(out.data(), out.size()), priority + line(format, level, "a\nb"));
    }
  }
}

TEST(ErrorLine, IsOneLineInEveryStyle) {
  const std::string what = "no file a\nb\x1b[31m\xff";
  EXPECT_EQ(error_line(what, {}), "perf-exporter: no file a\uFFFDb\uFFFD[31m\uFFFD\n");
  EXPECT_EQ(error_line("it", {LogFormat::logfmt, LogPrefix::priority}), "<3>perf-exporter: it\n");
  const std::string json = error_line(what, {LogFormat::json, LogPrefix::none});
  EXPECT_TRUE(std::regex_match(
      json, std::regex(R"re(\{"time":"[0-9TZ:.-]+","level":"error","msg":"no file [^"]+"\}\n)re")))
      << json;
  EXPECT_EQ(error_line("it", {LogFormat::json, LogPrefix::priority}).substr(0, 4), "<3>{");
}

TEST(Logging, LogfmtIsTakenApartAgain) {
  const std::regex shape(
      "time=[0-9TZ:.-]+ level=info msg=\"((?:[^\"\\\\]|\\\\.)*)\" "
      "key=(\\S+|\"(?:[^\"\\\\]|\\\\.)*\")\n");
  for (const std::string& message : nasty_messages()) {
    const std::string text =
        line(LogFormat::logfmt, spdlog::level::info, with_fields(message, {{"key", message}}));
    EXPECT_TRUE(std::regex_match(text, shape)) << text;
  }
}

// Python's parser is the judge of JSON, its decoder that of what broken UTF-8 becomes.
TEST(Logging, JsonIsTakenApartByPython) {
  if (std::system("python3 -c 0 >/dev/null 2>&1") != 0) {  // NOLINT(concurrency-mt-unsafe)
    GTEST_SKIP() << "python3 is not installed";
  }
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("logging_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto messages = nasty_messages();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    std::ofstream(folder / (std::to_string(i) + ".raw"), std::ios::binary) << messages[i];
    std::ofstream(folder / (std::to_string(i) + ".json"), std::ios::binary)
        << line(LogFormat::json, spdlog::level::info, messages[i]);
  }
  std::ofstream(folder / "check.py")
      << "import glob, json, sys\n"
         "files = glob.glob(sys.argv[1] + '/*.json')\n"
         "assert files\n"
         "for name in files:\n"
         "    read = json.loads(open(name, 'rb').read().decode('utf-8'))\n"
         "    raw = open(name[:-4] + 'raw', 'rb').read()\n"
         "    whole = raw.decode('utf-8', 'replace')\n"
         "    squeeze = lambda text: [part for part in text.split('\\ufffd') if part]\n"
         "    assert squeeze(read['msg']) == squeeze(whole), (read['msg'], whole)\n"
         "    assert read['level'] == 'info' and read['time'] == '2026-01-31T12:00:00.007Z'\n";
  const std::string command = "python3 " + (folder / "check.py").string() + " " + folder.string();
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
  std::filesystem::remove_all(folder);
}

TEST(Logging, MarksInAMessageMakeNoFields) {
  const std::string forged = "a\x1fLevel\x1e=";
  EXPECT_EQ(line(LogFormat::logfmt, spdlog::level::info, forged),
            "time=2026-01-31T12:00:00.007Z level=info msg=\"a\\u001fLevel\\u001e=\"\n");
  EXPECT_THAT(line(LogFormat::logfmt, spdlog::level::info,
                   with_fields("a\x1flevel\x1ey", {{"key", "x\x1fy\x1ez"}})),
              HasSubstr("msg=\"a level y\" key=\"x y z\"\n"));
}

}  // namespace
}  // namespace perf_exporter
