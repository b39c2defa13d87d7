#include "exposition/negotiation.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace perf_exporter {
namespace {

// q-values in thousandths: RFC 9110 grants them three decimals.
constexpr int kFullQuality = 1000;

// One element of an Accept header.
struct MediaRange {
  std::string_view type;
  std::string_view version;  // empty: not given
  int quality = kFullQuality;
};

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Cuts what stands before the first `separator` outside quotes off `rest`, separator included.
std::string_view cut(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') {
      quoted = !quoted;
    } else if (rest[end] == '\\' && quoted) {
      ++end;
    }
  }
  end = std::min(end, rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

std::string_view unquote(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    return value.substr(1, value.size() - 2);
  }
  return value;
}

// "0", "0.25", "1.000"; nothing where the text is no qvalue.
std::optional<int> parse_quality(std::string_view text) {
  constexpr std::size_t kLongest = 5;
  if (text.empty() || text.size() > kLongest || (text[0] != '0' && text[0] != '1') ||
      (text.size() > 1 && text[1] != '.')) {
    return std::nullopt;
  }
  int quality = (text[0] - '0') * kFullQuality;
  int unit = kFullQuality;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    unit /= 10;
    quality += (digit - '0') * unit;
  }
  return quality <= kFullQuality ? std::optional<int>(quality) : std::nullopt;
}

// Nothing where the q-value is malformed: what the scraper meant by that range is unknown.
std::optional<MediaRange> parse_range(std::string_view text) {
  MediaRange range;
  range.type = cut(text, ';');
  while (!text.empty()) {
    std::string_view value = cut(text, ';');
    const std::string_view name = cut(value, '=');
    if (same(name, "version")) {
      range.version = unquote(trim(value));
    } else if (same(name, "q")) {
      const auto quality = parse_quality(trim(value));
      if (!quality) {
        return std::nullopt;
      }
      range.quality = *quality;
    }
  }
  return range;
}

// How closely a range names the text format, 0: not at all. The closest one's q-value counts.
int closeness_to_text(const MediaRange& range) {
  if (same(range.type, "text/plain")) {
    return range.version.empty() || range.version == "0.0.4" ? 3 : 0;
  }
  if (same(range.type, "text/*")) {
    return 2;
  }
  return range.type == "*/*" ? 1 : 0;
}

// The best q-values that the header gives to what is served here; 0 where it names none.
struct Wishes {
  int openmetrics = 0;
  int old_openmetrics = 0;  // version 0.0.1
  int text = 0;
  int closeness = 0;  // of the range that the text's value comes from
};

void add_openmetrics(const MediaRange& range, Wishes& wishes) {
  if (!same(range.type, "application/openmetrics-text")) {
    return;
  }
  if (range.version.empty() || range.version == "1.0.0") {
    wishes.openmetrics = std::max(wishes.openmetrics, range.quality);
  } else if (range.version == "0.0.1") {
    wishes.old_openmetrics = std::max(wishes.old_openmetrics, range.quality);
  }
}

void add_text(const MediaRange& range, Wishes& wishes) {
  const int closeness = closeness_to_text(range);
  if (closeness > wishes.closeness) {
    wishes.closeness = closeness;
    wishes.text = range.quality;
  } else if (closeness != 0 && closeness == wishes.closeness) {
    wishes.text = std::max(wishes.text, range.quality);
  }
}

}  // namespace

Representation negotiate(std::string_view accept) {
  Wishes wishes;
  while (!accept.empty()) {
    if (const auto range = parse_range(cut(accept, ','))) {
      add_openmetrics(*range, wishes);
      add_text(*range, wishes);
    }
  }
  const int openmetrics = std::max(wishes.openmetrics, wishes.old_openmetrics);
  if (openmetrics == 0 || openmetrics < wishes.text) {
    return {Format::text, "text/plain; version=0.0.4; charset=utf-8"};
  }
  return {Format::openmetrics, wishes.old_openmetrics > wishes.openmetrics
                                   ? "application/openmetrics-text; version=0.0.1; charset=utf-8"
                                   : "application/openmetrics-text; version=1.0.0; charset=utf-8"};
}

}  // namespace perf_exporter
