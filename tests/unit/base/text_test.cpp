#include "base/text.h"
#include "base/json.h"

#include <gtest/gtest.h>

namespace perf_exporter {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

TEST(Utf8SequenceLength, TakesWellFormedSequencesAlone) {
  EXPECT_EQ(utf8_sequence_length("a"), 1U);
  EXPECT_EQ(utf8_sequence_length("\xC3\xA9"), 2U);
  EXPECT_EQ(utf8_sequence_length("\xE2\x82\xAC!"), 3U);
  EXPECT_EQ(utf8_sequence_length("\xF4\x8F\xBF\xBF"), 4U);
  for (const std::string_view bad : {"\x80", "\xC0\xAF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xC3",
                                     "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_EQ(utf8_sequence_length(bad), 0U) << json(bad);
  }
}

TEST(Printable, KeepsTextAndReplacesTheRest) {
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F, \xE2\x82\xAC"), "gr\xC3\xBC\xC3\x9F, \xE2\x82\xAC");
  const std::string mark(kReplacementCharacter);
  for (const std::string_view bad :
       {"\n", "\r", "\t", "\x1b", "\x7f", "\xC2\x80", "\xC2\x9B", "\xFF", "\xC3"}) {
    EXPECT_EQ(printable("a" + std::string(bad) + "b"), "a" + mark + "b") << json(bad);
  }
  EXPECT_EQ(printable("\xC2\xA0"), "\xC2\xA0");
}

TEST(AppendJsonString, EscapesAndReplaces) {
  EXPECT_EQ(json("\xC2\x9B"
                 "2J\xC2\xA0"),
            "\"\\u009b2J\xC2\xA0\"");
  EXPECT_EQ(json("say \"hi\" \\ \n\t\x01\x7f"), R"("say \"hi\" \\ \n\t\u0001\u007f")");
  EXPECT_EQ(json("a\xFF\xC3\xA9"), "\"a\xEF\xBF\xBD\xC3\xA9\"");
}

TEST(Text, StandsInHtmlAsItIs) {
  EXPECT_EQ(html_text("<a b=\"c\">&'\x1b"),
            "&lt;a b=&quot;c&quot;&gt;&amp;&#39;" + std::string(kReplacementCharacter));
}

TEST(Text, TrimsAndJoins) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \r"), "");
  EXPECT_EQ(trim(" a\r", " "), "a\r");
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
}

TEST(Text, NamesErrors) {
  EXPECT_EQ(error_name(EACCES), "EACCES");
  EXPECT_EQ(error_name(999), "errno 999");
  EXPECT_EQ(error_in_brackets(EACCES), " (EACCES)");
  EXPECT_EQ(error_in_brackets(0), "");
}

}  // namespace
}  // namespace perf_exporter
