#include "app/commands/status_page.h"

#include <algorithm>

#include "base/text.h"

namespace perf_exporter {
namespace {

constexpr char kStyle[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd;"
    "vertical-align:top}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "pre{overflow-x:auto;background:#f4f4f4;padding:.5rem}"
    ".counting,.ok{color:#0a6b2d}.refused,.fail{color:#a40000}"
    ".multiplexed,.starved,.busy,.silent,.untrusted,.untried,.warn,.unknown{color:#8a5a00}"
    ".unsupported{color:#666}";

// "counting on 2 CPUs", one for each status that any CPU shows.
std::string statuses_of(const Snapshot& now, std::size_t event) {
  std::string html;
  for (const EventStatus status : kEventStatuses) {
    const auto cpus =
        std::count_if(now.rows().begin(), now.rows().end(),
                      [&](const SnapshotRow& row) { return row.status(event) == status; });
    if (cpus > 0) {
      const std::string name(to_string(status));
      html += "<span class=\"" + name + "\">" + name + "</span> on " + std::to_string(cpus) +
              (cpus == 1 ? " CPU " : " CPUs ");
    }
  }
  return html.empty() ? "not known yet" : html;
}

std::string answer_of(const Snapshot& now, std::size_t event) {
  for (const SnapshotRow& row : now.rows()) {
    if (const EventRefusal* refusal = row.refusal(event)) {
      return html_text(in_words(*refusal));
    }
  }
  for (const SnapshotRow& row : now.rows()) {
    if (const auto status = row.status(event); status && !why_absent(*status).empty()) {
      return std::string(why_absent(*status));
    }
  }
  return "";
}

std::string event_table(const Snapshot& now) {
  std::string html = "<table><tr><th>event</th><th>collector</th><th>status</th><th></th></tr>";
  for (std::size_t event = 0; event < now.events().size(); ++event) {
    html += "<tr><td>" + std::string(now.events()[event].name) + "</td><td>" +
            std::string(now.events()[event].collector) + "</td><td>" + statuses_of(now, event) +
            "</td><td>" + answer_of(now, event) + "</td></tr>";
  }
  return html + "</table>";
}

std::string counted_cpus(const Snapshot& now) {
  CpuList cpus;
  for (const SnapshotRow& row : now.rows()) {
    cpus.push_back(row.cpu());
  }
  return cpus.empty() ? "Which CPUs are counted is not known yet."
                      : "Counting on CPU " + format_cpu_list(cpus) + ".";
}

// Relative to this page, which may stand below a prefix that a proxy takes off.
std::string link_to(std::string_view path, std::string_view name) {
  return "<a href=\"." + html_text(path) + "\">" + std::string(name) + "</a>";
}

std::string finding_list(const std::optional<ProbeReport>& report) {
  if (!report) {
    return "<p>The first events are being opened.</p>";
  }
  std::string html;
  for (const Finding& finding : report->findings) {
    html += "<p><b class=\"" + std::string(to_text(finding.severity)) + "\">" +
            html_text(finding.id) + "</b> " + html_text(finding.summary) + "</p>";
    if (!finding.fix.empty()) {
      html += fix_html(whole_fix(finding));
    }
  }
  return html;
}

}  // namespace

std::string html_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width\"><title>" +
         html_text(title) + "</title><style>" + kStyle + "</style></head><body>" + body +
         "</body></html>\n";
}

std::string status_page(const Options& options, const Snapshot& now,
                        const std::optional<ProbeReport>& report) {
  return html_page("perf-exporter",
                   "<h1>perf-exporter " PERF_EXPORTER_VERSION "</h1><p>" +
                       link_to(options.telemetry_path, "metrics") + " · " +
                       link_to("/probe", "probe") + " · " + link_to("/-/ready", "ready") + " · " +
                       link_to("/version", "version") + "</p><p>" + counted_cpus(now) +
                       "</p><h2>Findings</h2>" + finding_list(report) + "<h2>Events</h2>" +
                       event_table(now));
}

}  // namespace perf_exporter
