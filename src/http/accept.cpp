#include "http/accept.h"

#include <array>
#include <optional>

#include "base/header_list.h"
#include "base/text.h"

namespace perf_exporter {
namespace {

struct MediaType {
  std::string_view exact;
  std::string_view range;  // the range of all its siblings
  std::string_view header;
};

MediaType describe(PageFormat format) {
  switch (format) {
    case PageFormat::html:
      return {"text/html", "text/*", "text/html; charset=utf-8"};
    case PageFormat::json:
      return {"application/json", "application/*", "application/json"};
    case PageFormat::text:
      break;
  }
  return {"text/plain", "text/*", "text/plain; charset=utf-8"};
}

// The weight of the most specific range that covers the type; 0 where none does.
int weight_of(PageFormat format, std::string_view accept) {
  const MediaType type = describe(format);
  const std::array<std::string_view, 3> ranges = {type.exact, type.range, "*/*"};
  std::array<std::optional<int>, 3> weights;
  while (!accept.empty()) {
    const WeightedElement element = next_weighted(accept);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (equal_ignoring_case(element.name, ranges[i])) {
        weights[i] = element.weight.value_or(0);
      }
    }
  }
  return weights[0].value_or(weights[1].value_or(weights[2].value_or(0)));
}

}  // namespace

ContentCoding negotiate_coding(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> any;
  while (!accept_encoding.empty()) {
    const WeightedElement element = next_weighted(accept_encoding);
    if (equal_ignoring_case(element.name, "gzip") || equal_ignoring_case(element.name, "x-gzip")) {
      gzip = element.weight.value_or(0);
    } else if (equal_ignoring_case(element.name, "identity")) {
      identity = element.weight.value_or(0);
    } else if (element.name == "*") {
      any = element.weight.value_or(0);
    }
  }
  // identity is acceptable without being named, but then it is not preferred either.
  const int gzip_weight = gzip.value_or(any.value_or(0));
  return gzip_weight > 0 && gzip_weight >= identity.value_or(0) ? ContentCoding::gzip
                                                                : ContentCoding::identity;
}

PageFormat negotiate_page(std::string_view accept, std::initializer_list<PageFormat> offers) {
  PageFormat best = *offers.begin();
  int best_weight = 0;
  for (const PageFormat offer : offers) {
    const int weight = weight_of(offer, accept);
    if (weight > best_weight) {
      best = offer;
      best_weight = weight;
    }
  }
  return best;
}

std::string_view media_type(PageFormat format) {
  return describe(format).header;
}

}  // namespace perf_exporter
