// Samples to bytes on the wire.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "collectors/families/info_families.h"
#include "collectors/families/sample_table.h"
#include "exposition/collector_filter.h"
#include "exposition/negotiation.h"
#include "exposition/rendered_layout.h"

namespace perf_exporter {

// Writes a table and the exporter's own metrics as Prometheus text 0.0.4 or OpenMetrics 1.0.0.
// Headers and label prefixes are kept from one call to the next as long as the layout's generation
// stays, the own metrics' text as long as theirs does; so a call that follows another writes only
// numbers and copies the rest, and allocates nothing once `out` has grown to its size.
//
// Not safe to call from several threads at once: the one caller holds the scrape's lock.
class Encoder {
 public:
  // Appends the whole answer to `out`; reuse one string, cleared, to save its growth. Series
  // without a value (absent, or `values` shorter than the layout) are left out, and so are families
  // none of whose series has one and those that `filter` does not show. Own metrics are always
  // shown. The output is the same under every locale. Names are written as they are: see
  // check_layout and check_clashes.
  void encode(const SampleTable& table, const InfoFamilies& info, Format format,
              const CollectorFilter& filter, std::string& out);

 private:
  struct InfoText {
    std::uint64_t generation = 0;
    std::string text;
  };

  const RenderedLayout& rendered(const Layout& layout);
  const std::string& info_lines(const InfoFamilies& info, Format format);

  std::optional<RenderedLayout> rendered_;
  std::array<std::optional<InfoText>, 2> info_;  // by Format
};

}  // namespace perf_exporter
