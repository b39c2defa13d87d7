#include "exposition/family_header.h"

#include <cstddef>

#include "exposition/escape.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kTotal = "_total";

// The header as OpenMetrics wants it.
FamilyHeader for_openmetrics(FamilyHeader header) {
  if (header.type == "counter" && header.name.ends_with(kTotal)) {
    header.name = without_total(header.name);
  } else if (header.type != "gauge") {
    header.type = "unknown";
  }
  return header;
}

void append_line(std::string& out, std::string_view keyword, std::string_view name) {
  out += "# ";
  out += keyword;
  out += ' ';
  out += name;
  out += ' ';
}

}  // namespace

std::string_view without_total(std::string_view name) {
  return name.ends_with(kTotal) ? name.substr(0, name.size() - kTotal.size()) : name;
}

void append_header(std::string& out, const FamilyHeader& header, Format format) {
  const FamilyHeader written =
      rules_of(format).names == FamilyNames::of_openmetrics ? for_openmetrics(header) : header;
  if (!written.help.empty()) {
    append_line(out, "HELP", written.name);
    append_help(out, written.help, format);
    out += '\n';
  }
  append_line(out, "TYPE", written.name);
  out += written.type;
  out += '\n';
}

}  // namespace perf_exporter
