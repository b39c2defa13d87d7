#include "caps/advice/finding_text.h"

#include <gmock/gmock.h>

#include <cctype>
#include <fstream>
#include <set>

namespace perf_exporter {
namespace {

using testing::HasSubstr;

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

bool is_ok(const FindingText& text) {
  return text.id() == "permitted" || text.id() == "main_program_starts";
}

TEST(FindingTexts, SayWhatToDoInEveryPlace) {
  HostFacts facts;
  for (const FindingText& text : finding_texts()) {
    for (const Place place : kPlaces) {
      facts.place = place;
      const std::string fix = fix_for(text, facts);
      EXPECT_EQ(fix.empty(), is_ok(text)) << text.key << " " << to_text(place);
      for (const char* hole : {"{exe}", "{grant}", "{node}", "{lsm}", "{type}", "{unit}"}) {
        EXPECT_EQ(fix.find(hole), std::string::npos) << text.key << " " << to_text(place);
      }
      EXPECT_EQ(fix.find("\n\n"), std::string::npos) << text.key;
    }
  }
}

// Every word in braces must be one that gets filled in.
TEST(FindingTexts, LeaveNoHoleThatNobodyFills) {
  for (const FindingText& text : finding_texts()) {
    const std::string fix = fix_for(text, HostFacts{});
    for (auto open = fix.find('{'); open != std::string::npos; open = fix.find('{', open + 1)) {
      const std::string inside = fix.substr(open + 1, fix.find('}', open) - open - 1);
      EXPECT_NE(inside.find_first_of(": "), std::string::npos) << text.key << " {" << inside << "}";
    }
  }
}

TEST(FixFor, PutsNamesInAsTheyAre) {
  HostFacts facts;
  facts.executable = "/opt/{exe}/{grant}";
  EXPECT_NE(fix_for(finding_text("file_capability_missing"), facts).find("/opt/{exe}/{grant}"),
            std::string::npos);
}

TEST(FixFor, QuotesNamesThatAShellWouldTakeApart) {
  HostFacts facts;
  const auto fix = [&](std::string_view key) { return fix_for(finding_text(key), facts); };
  facts.executable = "/opt/my tools/it's";
  EXPECT_THAT(fix("file_capability_missing"),
              HasSubstr("\n  sudo setcap cap_perfmon=ep '/opt/my tools/it'\\''s'\n"));
  facts.place = Place::podman;
  EXPECT_THAT(fix("no_new_privs_dropped_perfmon"),
              HasSubstr("\n  ENTRYPOINT [\"/opt/my tools/it's\"]\n"));
  facts.place = Place::systemd;
  facts.unit = "a\\x2db@c.service";
  EXPECT_THAT(fix("bounding_set_lacks_perfmon"),
              HasSubstr("\n  sudo systemctl edit 'a\\x2db@c.service'\n"));
}

TEST(FixFor, MakesOneParagraphOfProseAndLeavesCommandsAlone) {
  HostFacts facts;
  facts.place = Place::systemd;
  facts.unit = "a.service";
  EXPECT_EQ(fix_for(finding_text("bounding_set_lacks_perfmon"), facts),
            "In a drop-in of the unit, which this opens in an editor:\n"
            "  sudo systemctl edit a.service\n"
            "with:\n"
            "  [Service]\n"
            "  AmbientCapabilities=CAP_PERFMON\n"
            "  CapabilityBoundingSet=CAP_PERFMON\n"
            "Then, since a running one can't be given it:\n"
            "  sudo systemctl restart a.service");
}

TEST(FixFor, EndsInAStartAnewWhereThatIsWhatItTakes) {
  HostFacts facts;
  const auto fix = [&](std::string_view key) { return fix_for(finding_text(key), facts); };
  EXPECT_THAT(fix("user_namespace"), testing::EndsWith("Then restart the exporter: a running one "
                                                       "can't be given it."));
  facts.place = Place::kubernetes;
  EXPECT_THAT(fix("user_namespace"), HasSubstr("Then start the pod anew"));
  facts.place = Place::systemd;
  facts.unit = "a.service";
  EXPECT_THAT(fix("seccomp_kill"), testing::EndsWith("\n  sudo systemctl restart a.service"));
  EXPECT_THAT(fix("debian_gate"), testing::Not(HasSubstr("restart")));
}

// Another file capability than CAP_PERFMON would take the ambient one away (capabilities(7)); where
// the file has none, setcap -r fails.
TEST(FixFor, OfAUnitTakesAwayAFileCapabilityThatIsThere) {
  HostFacts facts;
  facts.place = Place::systemd;
  const auto takes_away = HasSubstr("\n  sudo setcap -r /usr/bin/perf-exporter\n");
  EXPECT_THAT(fix_for(finding_text("file_capability_lacks_perfmon"), facts), takes_away);
  EXPECT_THAT(fix_for(finding_text("file_capability_missing"), facts), testing::Not(takes_away));
}

}  // namespace
}  // namespace perf_exporter
