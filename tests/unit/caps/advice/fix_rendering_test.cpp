// What is to be typed or written stays whole, and apart from the prose, wherever a fix is shown.
#include <gmock/gmock.h>

#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

#include "base/json.h"
#include "base/text_layout.h"
#include "caps/advice/finding_text.h"
#include "caps/advice/unit_text.h"
#include "caps/report/report.h"

namespace perf_exporter {
namespace {

using testing::HasSubstr;

constexpr const char* kExecutables[] = {
    "/e", "/usr/bin/perf-exporter", "/usr/bin/perf-exporter-preflight", "/opt/my tools/it's",
    "/a/rather/long/path/of/the/kind/that/a/store/of/packages/makes/of/a/digest/perf-exporter"};

// What makes a fix another one, beside the finding and the place.
std::vector<HostFacts> surroundings() {
  std::vector<HostFacts> all;
  for (const char* executable : kExecutables) {
    HostFacts facts;
    facts.executable = executable;
    all.push_back(facts);
    facts.unit = "perf\\x2dexporter-with-a-long-name@of-an-instance.service";
    facts.lsm_label = "system_u:system_r:container_t:s0";
    facts.runtime = Runtime::crio;
    all.push_back(facts);
    facts.lsm_label = "docker-default (enforce)";
    all.push_back(facts);
  }
  for (int kind = 0; kind <= static_cast<int>(Hypervisor::other); ++kind) {
    HostFacts facts;
    facts.hypervisor = static_cast<Hypervisor>(kind);
    all.push_back(facts);
  }
  return all;
}

// With the place as its evidence; those that read alike once.
void for_each_finding(const std::function<void(const Finding&)>& check) {
  std::set<std::string> seen;
  for (HostFacts facts : surroundings()) {
    for (const FindingText& text : finding_texts()) {
      for (const Place place : kPlaces) {
        facts.place = place;
        const std::string where =
            std::string(to_text(place)) + (is_in_a_unit(facts) ? " in a unit" : "");
        SCOPED_TRACE(std::string(text.key) + " at " + where);
        const Finding finding = make_finding(text.key, Severity::fail, where, facts);
        if (seen.insert(finding.id + finding.fix).second) {
          check(finding);
        }
      }
    }
  }
}

void for_each_verbatim_line(const Finding& finding,
                            const std::function<void(const std::string&)>& check) {
  for_each_line(finding.fix, [&](std::string_view line) {
    if (is_verbatim(line)) {
      check(std::string(line));
    }
  });
}

std::string html_of(std::string_view text) {
  std::string html;
  for (const char c : text) {
    html += c == '<'    ? "&lt;"
            : c == '>'  ? "&gt;"
            : c == '&'  ? "&amp;"
            : c == '"'  ? "&quot;"
            : c == '\'' ? "&#39;"
                        : std::string(1, c);
  }
  return html;
}

TEST(FixRendering, LeavesCommandsWholeAtEveryWidth) {
  for_each_finding([](const Finding& finding) {
    for (const std::size_t column : {4U, 12U, 28U, 70U}) {
      std::string shown;
      add_labelled(shown, "fix", finding.fix, column);
      for_each_verbatim_line(finding, [&](const std::string& line) {
        EXPECT_THAT(shown, HasSubstr("\n" + std::string(column, ' ') + line + "\n"));
      });
    }
  });
}

TEST(FixRendering, LeavesCommandsWholeInEveryReport) {
  for_each_finding([](const Finding& finding) {
    const ProbeReport report = {{}, {}, {finding}, {}};
    const std::string text = report_text(report);
    const std::string json = report_json(report);
    const std::string html = report_html(report);
    const std::string line_of_log = log_line(finding);
    EXPECT_EQ(line_of_log.find('\n'), std::string::npos);
    for_each_verbatim_line(finding, [&](const std::string& line) {
      const std::string bare = line.substr(kVerbatimMargin.size());
      std::string quoted;
      append_json_string(line, quoted);
      EXPECT_THAT(text, HasSubstr(std::string(12, ' ') + line + "\n"));
      EXPECT_THAT(json, HasSubstr("\\n" + quoted.substr(1, quoted.size() - 2)));
      EXPECT_THAT(html, testing::AnyOf(HasSubstr("<pre>" + html_of(bare) + "\n"),
                                       HasSubstr("<pre>" + html_of(bare) + "</pre>"),
                                       HasSubstr("\n" + html_of(bare) + "\n"),
                                       HasSubstr("\n" + html_of(bare) + "</pre>")));
      EXPECT_THAT(line_of_log, HasSubstr("`" + bare + "`"));
    });
  });
}

// Else nobody sees where the command ends, and a line break falls into it.
TEST(FixRendering, ProseHoldsNoCommand) {
  const std::regex command(
      "(^|[ ('`])(sudo|sysctl|systemctl|setcap|getcap|docker|podman|nerdctl|ulimit|grep|echo|cat|"
      "chmod|apparmor_parser|semodule|bpftool|findmnt|capsh|virsh|incus|lxc|lxc-start|lxc-stop|pct|"
      "dmesg|wsl|perf-exporter|unshare) "
      "-?[a-z]");
  for_each_finding([&](const Finding& finding) {
    for_each_line(finding.fix, [&](std::string_view line) {
      const std::string text(line);
      EXPECT_TRUE(is_verbatim(line) || !std::regex_search(text, command)) << text;
    });
  });
}

// Two remedies that stand below each other are to be done both, or one of them: the text says
// which.
TEST(FixRendering, ProseBehindACommandSaysHowItGoesOn) {
  const std::regex joined("(And|Or|Then|If|with)\\b.*");
  for_each_finding([&](const Finding& finding) {
    bool was_verbatim = false;
    for_each_line(finding.fix, [&](std::string_view line) {
      EXPECT_TRUE(!was_verbatim || is_verbatim(line) || std::regex_match(std::string(line), joined))
          << line;
      was_verbatim = is_verbatim(line);
    });
  });
}

// A place's own words, which no other place's reader wants to see.
TEST(FixRendering, SpeakOfTheirOwnPlaceAlone) {
  const std::vector<std::pair<Place, std::vector<std::string>>> words = {
      {Place::kubernetes, {"pod's manifest", "securityContext"}},
      {Place::docker, {"docker run"}},
      {Place::podman, {"podman run", "podman --runtime"}},
      {Place::containerd, {"nerdctl"}},
      {Place::systemd, {"drop-in of the unit"}},
      {Place::nspawn, {"nspawn"}},
      {Place::lxc, {"lxc-start", "/var/lib/lxc"}},
      {Place::incus, {"incus "}},
      {Place::proxmox, {"Proxmox", "pct "}}};
  for_each_finding([&](const Finding& finding) {
    for (const auto& [place, own] : words) {
      for (const std::string& word : own) {
        const bool is_here = finding.evidence.starts_with(to_text(place)) ||
                             (place == Place::systemd && finding.evidence.ends_with(" in a unit"));
        EXPECT_TRUE(is_here || finding.fix.find(word) == std::string::npos) << finding.fix;
      }
    }
  });
}

TEST(FixRendering, CommandsAreOneLineEach) {
  for_each_finding([](const Finding& finding) {
    for_each_verbatim_line(finding, [](const std::string& line) {
      EXPECT_FALSE(line.ends_with('\\') || line.ends_with(' ')) << line;
      EXPECT_EQ(line.find('`'), std::string::npos) << line;
    });
  });
}

}  // namespace
}  // namespace perf_exporter
