#include <string_view>

#include "base/text.h"
#include "base/text_layout.h"
#include "caps/report/fact_rows.h"
#include "caps/report/report.h"

namespace perf_exporter {
namespace {

std::string row(std::string_view name, std::string_view value) {
  return "<tr><th scope=\"row\">" + html_text(name) + "</th><td>" + html_text(value) +
         "</td></tr>\n";
}

void add_finding(std::string& out, const Finding& finding) {
  const std::string severity = to_text(finding.severity);
  out += "<section class=\"finding " + severity + "\" id=\"" + html_text(finding.id) + "\">\n";
  out += "<h3>" + severity + ": " + html_text(finding.id) + "</h3>\n";
  out += "<p>" + html_text(finding.summary) + "</p>\n";
  out += "<p class=\"evidence\">" + html_text(finding.evidence) + "</p>\n";
  if (!finding.fix.empty()) {
    out += "<div class=\"fix\">" + fix_html(whole_fix(finding)) + "</div>\n";
  }
  out += "<p class=\"see\">" + html_text(finding.anchor) + "</p>\n</section>\n";
}

}  // namespace

std::string fix_html(std::string_view fix) {
  std::string html;
  bool in_pre = false;
  for_each_line(fix, [&](std::string_view line) {
    if (is_verbatim(line)) {
      html += (in_pre ? "\n" : "<pre>") + html_text(line.substr(kVerbatimMargin.size()));
    } else {
      html += (in_pre ? "</pre>" : "") + ("<p>" + html_text(line)) + "</p>";
    }
    in_pre = is_verbatim(line);
  });
  return html + (in_pre ? "</pre>" : "");
}

std::string report_html(const ProbeReport& report) {
  std::string out = "<section class=\"findings\">\n<h2>Findings</h2>\n";
  for (const Finding& finding : report.findings) {
    add_finding(out, finding);
  }
  out += "</section>\n<section class=\"events\">\n<h2>Events</h2>\n<table>\n";
  for (const EventTrial& event : report.events) {
    out += row(event.event, event.status + (event.error.empty() ? "" : " (" + event.error + ")") +
                                " on CPU " + event.cpus);
  }
  out += "</table>\n</section>\n<section class=\"trials\">\n<h2>Trial opens (whole CPU: " +
         std::to_string(to_int(report.trials.cpu)) + ")</h2>\n<table>\n";
  for (std::size_t i = 0; i < kTrialCount; ++i) {
    const auto trial = static_cast<Trial>(i);
    out += row(trial_id(trial) + " " + std::string(trial_description(trial)),
               to_text(report.trials[trial]));
  }
  out += "</table>\n</section>\n<section class=\"facts\">\n<h2>Facts</h2>\n<table>\n";
  for (const FactRow& fact : fact_rows(report.facts)) {
    out += row(fact.name, to_text(fact.value));
  }
  return out + "</table>\n</section>\n";
}

}  // namespace perf_exporter
