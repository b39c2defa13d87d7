#include "exposition/encoder.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "exposition/info_text.h"
#include "exposition/number.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

char* write_value(char* to, const Value& value, ValueKind kind) {
  switch (kind) {
    case ValueKind::integer:
      return write_count(to, value.count);
    case ValueKind::nanoseconds:
      return write_seconds(to, value.count);
    case ValueKind::real:
      return write_real(to, value.real);
  }
  return to;
}

// Gathers lines on the stack and appends them in blocks: two appends a line cost more than writing
// its number.
class LineWriter {
 public:
  explicit LineWriter(std::string& out) : out_(out) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  void write(std::string_view text) {
    make_room(text.size());
    if (text.size() > block_.size()) {
      out_ += text;
    } else {
      end_ = std::copy(text.begin(), text.end(), end_);
    }
  }

  // The rest of a line whose prefix was written.
  void write_line_end(const Value& value, ValueKind kind) {
    make_room(kLongestNumber + 1);
    end_ = write_value(end_, value, kind);
    *end_++ = '\n';
  }

  // To be called last. Not left to a destructor: growing `out` may throw.
  void flush() {
    out_.append(block_.data(), end_);
    end_ = block_.data();
  }

 private:
  void make_room(std::size_t size) {
    if (static_cast<std::size_t>(block_.data() + block_.size() - end_) < size) {
      flush();
    }
  }

  static constexpr std::size_t kBlock = 4096;

  std::string& out_;
  std::array<char, kBlock> block_{};
  char* end_ = block_.data();
};

void write_family(LineWriter& lines, const RenderedLayout& layout, const RenderedLayout::Part& part,
                  const std::vector<Value>& values, Format format) {
  const std::size_t end = std::min(part.first_series + part.series, values.size());
  bool headed = false;
  for (std::size_t series = part.first_series; series < end; ++series) {
    const Value& value = values[series];
    if (!value.present) {
      continue;
    }
    if (!headed) {
      lines.write(format == Format::openmetrics ? part.openmetrics_header : part.header);
      headed = true;
    }
    lines.write(layout.prefix(series));
    lines.write_line_end(value, part.kind);
  }
}

}  // namespace

void Encoder::encode(const SampleTable& table, const InfoFamilies& info, Format format,
                     const CollectorFilter& filter, std::string& out) {
  const RenderedLayout& layout = rendered(table.layout);
  LineWriter lines(out);
  for (const RenderedLayout::Part& part : layout.parts()) {
    if (filter.shows(part.collector)) {
      write_family(lines, layout, part, table.values, format);
    }
  }
  lines.write(info_lines(info, format));
  if (format == Format::openmetrics) {
    lines.write(kOpenMetricsEnd);
  }
  lines.flush();
}

const RenderedLayout& Encoder::rendered(const Layout& layout) {
  if (!rendered_ || rendered_->generation() != layout.generation) {
    rendered_.emplace(layout);
  }
  return *rendered_;
}

const std::string& Encoder::info_lines(const InfoFamilies& info, Format format) {
  std::optional<InfoText>& cached = info_[format == Format::openmetrics ? 1 : 0];
  if (!cached || cached->generation != info.generation) {
    cached = InfoText{info.generation, info_text(info, format)};
  }
  return cached->text;
}

}  // namespace perf_exporter
