// Samples to bytes on the wire.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "collectors/families/info_families.h"
#include "collectors/families/sample_table.h"
#include "exposition/collector_filter.h"
#include "exposition/format.h"
#include "exposition/rendered_layout.h"

namespace perf_exporter {

// Writes a table and the exporter's own metrics as Prometheus text 0.0.4 or OpenMetrics 1.0.0.
// Headers and labels are kept from one call to the next as long as the layout's generation stays,
// and a row's labels as long as the row does; the own metrics' text as long as their generation
// does. So a call that follows another writes only numbers and copies the rest, and allocates
// nothing once `out` has grown to its size.
//
// Thread-safe: several answers are written at once.
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

  std::shared_ptr<const RenderedLayout> rendered(const Layout& layout);
  std::shared_ptr<const InfoText> info_lines(const InfoFamilies& info, Format format);

  std::mutex mutex_;  // guards which are the newest; they themselves are immutable
  std::shared_ptr<const RenderedLayout> rendered_;
  ByFormat<std::shared_ptr<const InfoText>> info_;
};

}  // namespace perf_exporter
