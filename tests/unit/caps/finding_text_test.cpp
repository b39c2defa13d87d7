#include "caps/finding_text.h"

#include <gmock/gmock.h>

#include <cctype>
#include <fstream>
#include <set>

namespace perf_exporter {
namespace {

// The anchor that a Markdown renderer gives a heading: lower case, letters, digits and hyphens.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_') {
      anchor += static_cast<char>(std::tolower(byte));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

std::set<std::string> sections() {
  std::ifstream page(FIXTURES "/../../docs/permissions.md");
  std::set<std::string> anchors;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) {
      anchors.insert("docs/permissions.md#" + anchor_of(line.substr(3)));
    }
  }
  return anchors;
}

TEST(FindingTexts, HaveASectionInTheDocumentation) {
  const auto anchors = sections();
  for (const FindingText& text : finding_texts()) {
    EXPECT_TRUE(anchors.contains(finding_anchor(text.id()))) << finding_anchor(text.id());
  }
}

TEST(FindingTexts, HaveUniqueKeysThatFitALabel) {
  std::set<std::string_view> keys;
  for (const FindingText& text : finding_texts()) {
    EXPECT_TRUE(keys.insert(text.key).second) << text.key;
    EXPECT_EQ(text.id().find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << text.id();
    EXPECT_EQ(finding_text(text.key).summary, text.summary);
  }
}

TEST(FindingTexts, SayWhatToDoInEveryPlace) {
  for (const FindingText& text : finding_texts()) {
    for (const Place place : {Place::kubernetes, Place::docker, Place::systemd, Place::host}) {
      const std::string fix = fix_for(text, place, "/usr/bin/perf-exporter");
      EXPECT_EQ(fix.empty(), text.id() == "permitted") << text.key;
      EXPECT_EQ(fix.find('{' + std::string("exe}")), std::string::npos) << text.key;
    }
  }
}

}  // namespace
}  // namespace perf_exporter
