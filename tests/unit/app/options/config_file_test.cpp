#include "app/options/config_file.h"

#include <gmock/gmock.h>

#include "options_fixture.h"

namespace perf_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<ConfigEntry> entries(std::string_view text) {
  auto result = parse_config(text);
  EXPECT_TRUE(result) << result.error().what;
  return result.value_or(std::vector<ConfigEntry>{});
}

std::string trouble(std::string_view text) {
  const auto result = parse_config(text);
  EXPECT_FALSE(result) << text;
  return result ? "" : result.error().what;
}

TEST(ConfigFile, ReadsDottedQuotedAndTableKeys) {
  const auto read = entries(
      "# a comment\n"
      "strict = true # another\r\n"
      "web.max-requests=5\n"
      "\"log.level\" = 'warn'\n"
      "\n[web]\n"
      "listen-address = [ \":1\", # first\n   ':2',\n]\n"
      "[ path ] # the mounts\nprocfs = \"/proc\"");
  ASSERT_EQ(read.size(), 5U);
  EXPECT_EQ(read[0].key, "strict");
  EXPECT_THAT(read[0].values, ElementsAre("true"));
  EXPECT_EQ(read[1].key, "web.max-requests");
  EXPECT_EQ(read[1].line, 3);
  EXPECT_THAT(read[1].values, ElementsAre("5"));
  EXPECT_EQ(read[2].key, "log.level");
  EXPECT_EQ(read[3].key, "web.listen-address");
  EXPECT_THAT(read[3].values, ElementsAre(":1", ":2"));
  EXPECT_EQ(read[4].key, "path.procfs");
  EXPECT_EQ(read[4].line, 11);
}

TEST(ConfigFile, StringsKeepWhatTheyHold) {
  EXPECT_THAT(entries("a = \"x # y, z = [1]\"")[0].values, ElementsAre("x # y, z = [1]"));
  EXPECT_THAT(entries("a = \"q\\\"b\\\\t\\t\"")[0].values, ElementsAre("q\"b\\t\t"));
  EXPECT_THAT(entries("a = 'q\\n'")[0].values, ElementsAre("q\\n"));
  EXPECT_THAT(entries("a = \"\"")[0].values, ElementsAre(""));
}

TEST(ConfigFile, ArraysMayBeEmptyAndTheFileToo) {
  EXPECT_THAT(entries("a = []")[0].values, IsEmpty());
  EXPECT_THAT(entries("a = [\n1, -2\n]")[0].values, ElementsAre("1", "-2"));
  EXPECT_THAT(entries(""), IsEmpty());
  EXPECT_THAT(entries(" \n# only this"), IsEmpty());
}

TEST(ConfigFile, MalformedLinesAreNamed) {
  EXPECT_THAT(trouble("a = 1\nweb.max-requests 5\n"), HasSubstr("line 2: 'web.max-requests'"));
  EXPECT_THAT(trouble("a =\nb = 1"), HasSubstr("line 1: a value is missing"));
  EXPECT_THAT(trouble("a = bare"), HasSubstr("line 1: 'bare' is no value"));
  EXPECT_THAT(trouble("a = 1.5"), HasSubstr("'1.5' is no value"));
  EXPECT_THAT(trouble("\n\na = \"open\nb = 1"), HasSubstr("line 3: a string is not closed"));
  EXPECT_THAT(trouble("a = \"open"), HasSubstr("line 1: a string is not closed"));
  EXPECT_THAT(trouble("a = \"open\\"), HasSubstr("line 1: a string is not closed"));
  EXPECT_THAT(trouble("a = \"\\q\""), HasSubstr("line 1: '\\q'"));
  EXPECT_THAT(trouble("\na = [1,\n2\n"), HasSubstr("line 2: the array is not closed"));
  EXPECT_THAT(trouble("a = [1 2]"), HasSubstr("',' or ']' was expected at '2]'"));
  EXPECT_THAT(trouble("a = [[1]]"), HasSubstr("line 1"));
  EXPECT_THAT(trouble("a = 1 b = 2"), HasSubstr("unexpected 'b = 2'"));
  EXPECT_THAT(trouble("= 1"), HasSubstr("a key was expected at '= 1'"));
  EXPECT_THAT(trouble("a. = 1"), HasSubstr("a key was expected"));
  EXPECT_THAT(trouble("[web\na = 1"), HasSubstr("line 1: the table name 'web' is not closed"));
  EXPECT_THAT(trouble("[[web]]"), HasSubstr("arrays of tables"));
  EXPECT_THAT(trouble("a = 1\n[b]\nc = 1\n[x]\n\"y\" = 1\n[]"), HasSubstr("line 6"));
}

TEST(ConfigFile, KeySetTwiceIsNamedWithBothLines) {
  EXPECT_THAT(trouble("web.max-requests = 5\n[web]\nmax-requests = 6"),
              HasSubstr("line 3: 'web.max-requests' is set already in line 1"));
}

using ConfigFlag = OptionsTest;

TEST_F(ConfigFlag, TakesArraysTablesAndDottedKeys) {
  const auto file = config(
      "collector = [\"cycles\", \"cache\"]\n"
      "web.listen-address = [\"127.0.0.1:1\", \"unix:/run/a#b\"]\n"
      "[log]\nlevel = \"debug\"\n");
  const Options options = parsed({"probe", "--config", file});
  EXPECT_THAT(options.collectors, ElementsAre("cycles", "cache"));
  EXPECT_THAT(options.listen_addresses, ElementsAre("127.0.0.1:1", "unix:/run/a#b"));
  EXPECT_EQ(options.log_level, LogLevel::debug);
}

TEST_F(ConfigFlag, EmptyArraysMeanNothing) {
  EXPECT_EQ(parsed({"--config", config("no-collector = []")}).collectors.size(), 3U);
  EXPECT_THAT(refused({"--config", config("collector = []")}), HasSubstr("no collector to run"));
  EXPECT_THAT(refused({"--config", config("web.listen-address = []")}),
              HasSubstr("web.listen-address: names no address"));
  EXPECT_THAT(refused({"--config", config("cpus = []")}), HasSubstr("takes one value, not 0"));
}

TEST_F(ConfigFlag, UnknownKeysAreNamedWithFileLineAndNearestKey) {
  const auto file = config("strict = true\nweb.max-request = 5\n");
  EXPECT_EQ(refused({"--config", file}),
            "perf-exporter: " + file +
                ", line 2: unknown key 'web.max-request' (did you mean web.max-requests?)\n");
  EXPECT_THAT(refused({"--config", config("config = \"x\"")}), HasSubstr("line 1: 'config'"));
}

TEST_F(ConfigFlag, BadValuesAreNamedWithFileAndLine) {
  const auto file = config("# limits\nweb.max-requests = 0\n");
  EXPECT_THAT(refused({"--config", file}),
              HasSubstr(file + ", line 2: web.max-requests: '0' is not a whole number"));
  EXPECT_THAT(refused({"--config", config("strict = [true, false]")}),
              HasSubstr("strict: takes one value, not 2"));
}

TEST_F(ConfigFlag, AFileOfMegabytesIsReadToItsLastLine) {
  std::string comments;
  while (comments.size() < (2U << 20U)) {
    comments += "# " + std::string(100, '-') + "\n";
  }
  EXPECT_THAT(refused({"--config", config(comments + "web.max-requests = 0\n")}),
              HasSubstr("web.max-requests: '0' is not a whole number"));
  EXPECT_THAT(refused({"--config", "/dev/zero"}),
              HasSubstr("--config: cannot read /dev/zero: it holds more than 32 MiB"));
}

TEST_F(ConfigFlag, AFileMayBeginWithAByteOrderMark) {
  EXPECT_EQ(parsed({"--config", config("\xEF\xBB\xBFweb.max-requests = 5\r\n")}).max_requests, 5);
  EXPECT_EQ(parsed({"--config", config("\xEF\xBB\xBF")}).max_requests, 40);
  for (const std::string_view utf16 : {"\xFF\xFEw\0=\0", "\xFE\xFF\0w\0="}) {
    EXPECT_THAT(refused({"--config", config(std::string(utf16.data(), 6))}),
                HasSubstr("line 1: this is UTF-16; save the file as UTF-8"));
  }
  EXPECT_THAT(refused({"--config", config("strict = true\n\xEF\xBB\xBF")}), HasSubstr("line 2"));
}

TEST_F(ConfigFlag, MalformedOrMissingFilesAreRefused) {
  const auto file = config("strict\n");
  EXPECT_THAT(refused({"--config", file}), HasSubstr(file + ", line 1: 'strict' is not followed"));
  EXPECT_THAT(refused({"--config", "/nonexistent.toml"}),
              HasSubstr("--config: cannot read /nonexistent.toml: No such file"));
  EXPECT_THAT(refused({}, {{"PERF_EXPORTER_CONFIG", folder_.string()}}),
              HasSubstr("PERF_EXPORTER_CONFIG: cannot read"));
}

}  // namespace
}  // namespace perf_exporter
