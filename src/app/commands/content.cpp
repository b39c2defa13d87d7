#include "app/commands/content.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "app/commands/status_page.h"
#include "base/clock.h"
#include "caps/report/report.h"

namespace perf_exporter {
namespace {

std::string version_page(PageFormat format) {
  return format == PageFormat::json
             ? "{\"name\":\"perf-exporter\",\"version\":\"" PERF_EXPORTER_VERSION "\"}\n"
             : "perf-exporter " PERF_EXPORTER_VERSION "\n";
}

std::string probe_page(const std::optional<ProbeReport>& report, PageFormat format) {
  constexpr const char* kStarting = "The first events are being opened.";
  switch (format) {
    case PageFormat::json:
      return report_json(report.value_or(ProbeReport{}));  // before the first opens: all unknown
    case PageFormat::text:
      return report ? report_text(*report) : std::string(kStarting) + '\n';
    case PageFormat::html:
      break;
  }
  return html_page(
      "perf-exporter: probe",
      "<h1>Probe</h1>" + (report ? report_html(*report) : "<p>" + std::string(kStarting) + "</p>"));
}

// As of a reading that is no older than a second: each interrupts every CPU, and no limit holds for
// those who ask for this page. Where none can be had, of the newest one.
std::string fresh_status_page(const Options& options, Session& session) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  CounterSet& counters = session.counters();
  if (monotonic_ns() - counters.read_at() >= kSecond) {
    session.reader().read();
  }
  return status_page(options, *counters.state(), session.newest_report().get());
}

}  // namespace

// Each member is named, so that the compiler tells of a page that nobody makes.
Content content_of(const Options& options, Session& session) {
  return {
      .metrics =
          [&session](const ScrapeRequest& request, std::string& body) {
            session.scrape(request.representation.format, request.filter, body);
          },
      .lost_scrapes =
          [&session] {
            const std::size_t lost = session.counters().lost_readers();
            return lost - std::min(lost, session.reader().left_behind());
          },
      .ready =
          [&session] {
            const auto report = session.newest_report().get();
            return Readiness{report ? ReadyState::ready : ReadyState::starting,
                             readiness_text(report)};
          },
      .probe = [&session](
                   PageFormat format) { return probe_page(session.newest_report().get(), format); },
      .status_page = [&options, &session] { return fresh_status_page(options, session); },
      .version = version_page};
}

}  // namespace perf_exporter
