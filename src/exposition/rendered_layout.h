// What of an answer depends on the layout alone, rendered once per layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/families/sample_table.h"
#include "exposition/format.h"

namespace perf_exporter {

// Text with so many bytes behind it that whoever copies it may copy kPadding bytes in one go,
// without asking for the length.
class PaddedText {
 public:
  static constexpr std::size_t kPadding = 64;

  PaddedText() : PaddedText(std::string()) {}
  explicit PaddedText(std::string text) : size_(text.size()), bytes_(std::move(text)) {
    bytes_.resize(size_ + kPadding);
    bytes_.shrink_to_fit();
  }
  // Where it stands, with the padding behind it.
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::size_t size_;
  std::string bytes_;
};

// The headers of a layout's families, and what stands before the values. Rendered as a matrix: a
// series' name and labels once, a row's labels once, so that a row that comes renders itself and
// nothing else. Immutable; nothing refers to the layout afterwards but the rows.
class RenderedLayout {
 public:
  // A sample's line begins with `open` and, where its family has rows, the text of its row:
  // `name{` and `cpu="0"} `, the same in both formats. Where the series has labels beside the
  // row's, the row's text goes without kEndOfLabels, and `close` ends them: `,op="read"} `.
  struct Series {
    PaddedText open;
    PaddedText close;
  };
  static constexpr std::string_view kEndOfLabels = "} ";
  // A family's part.
  struct Part {
    ByFormat<std::string> headers;
    std::string collector;
    ValueKind kind = ValueKind::integer;
    Spread spread = Spread::once;
    std::vector<Series> series;
  };

  // Takes over the rows that `before`, which may be null, has rendered already.
  RenderedLayout(const Layout& layout, const RenderedLayout* before);

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  // By row: its text, padded; empty where rows have no labels.
  [[nodiscard]] const std::vector<std::string_view>& rows() const { return rows_; }
  // How many series a part has in all.
  [[nodiscard]] std::size_t series_of(const Part& part) const {
    return part.series.size() * (part.spread == Spread::by_row ? rows_.size() : 1);
  }
  // How many rows it has rendered itself.
  [[nodiscard]] std::size_t rows_rendered() const { return rows_rendered_; }

 private:
  void render_rows(const RenderedLayout* before);

  std::uint64_t generation_;
  std::vector<Part> parts_;
  // By row.
  std::vector<Row> keys_;
  std::vector<std::shared_ptr<const PaddedText>> texts_;
  std::vector<std::string_view> rows_;
  std::size_t rows_rendered_ = 0;
};

}  // namespace perf_exporter
