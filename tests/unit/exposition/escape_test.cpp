#include "exposition/escape.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace perf_exporter {
namespace {

std::string help(std::string_view text, Format format) {
  std::string out;
  append_help(out, text, format);
  return out;
}

std::string label_value(std::string_view text) {
  std::string out;
  append_label_value(out, text);
  return out;
}

TEST(Escape, HelpByFormat) {
  EXPECT_EQ(help("a \"b\" \\ c\nd", Format::text), "a \"b\" \\\\ c\\nd");
  EXPECT_EQ(help("a \"b\" \\ c\nd", Format::openmetrics), "a \\\"b\\\" \\\\ c\\nd");
}

TEST(Escape, LabelValue) {
  EXPECT_EQ(label_value("a \"b\" \\ c\nd\\n"), "a \\\"b\\\" \\\\ c\\nd\\\\n");
  EXPECT_EQ(label_value(""), "");
}

TEST(Escape, Appends) {
  std::string out = "x";
  append_label_value(out, "y");
  append_help(out, "z", Format::text);
  EXPECT_EQ(out, "xyz");
}

TEST(ValidUtf8, LeavesWellFormedTextAlone) {
  for (const std::string_view text : {"", "plain", "\xC3\xA4", "\xE2\x82\xAC", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xF0\x9F\x90\xA7", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(valid_utf8(text), text);
  }
  const std::string_view nul("a\0b", 3);
  EXPECT_EQ(valid_utf8(nul), nul);
}

TEST(ValidUtf8, ReplacesEachBadByte) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(valid_utf8("a\xFF"
                       "b"),
            "a" + bad + "b");
  EXPECT_EQ(valid_utf8("\x80"), bad);
  EXPECT_EQ(valid_utf8("\xC0\xAF"), bad + bad) << "overlong";
  EXPECT_EQ(valid_utf8("\xE0\x80\xAF"), bad + bad + bad) << "overlong";
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), bad + bad + bad) << "surrogate";
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), bad + bad + bad + bad) << "past U+10FFFF";
  EXPECT_EQ(valid_utf8("\xE2\x82"), bad + bad) << "cut short";
  EXPECT_EQ(valid_utf8("\xE2\x82"
                       "a"),
            bad + bad + "a")
      << "cut short";
  EXPECT_EQ(label_value("a\xFF"), "a" + bad);
  EXPECT_EQ(help("a\xFF", Format::text), "a" + bad);
  EXPECT_EQ(label_value("\xC3\""), bad + "\\\"") << "the quote is no continuation";
}

}  // namespace
}  // namespace perf_exporter
