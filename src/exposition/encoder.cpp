#include "exposition/encoder.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "exposition/info_text.h"
#include "exposition/number.h"

namespace perf_exporter {
namespace {

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

  // A whole line: padded texts one behind another, and the value.
  template <class... Texts>
  void write_line(const Value& value, ValueKind kind, Texts... texts) {
    constexpr std::size_t kEnd = kLongestNumber + 1;
    const std::size_t room = (texts.size() + ...) + PaddedText::kPadding + kEnd;
    if (room > kBlock) {
      (write(texts), ...);
      make_room(kEnd);
    } else {
      make_room(room);
      (append(texts), ...);
    }
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

  // A copy of fixed size is a few instructions, one of the text's size a call. There is room for
  // both.
  void append(std::string_view text) {
    std::memcpy(end_, text.data(), PaddedText::kPadding);
    if (text.size() > PaddedText::kPadding) {
      std::memcpy(end_ + PaddedText::kPadding, text.data() + PaddedText::kPadding,
                  text.size() - PaddedText::kPadding);
    }
    end_ += text.size();
  }

  static constexpr std::size_t kBlock = 8192;

  std::string& out_;
  std::array<char, kBlock> block_{};
  char* end_ = block_.data();
};

// Writes the samples of one part.
class PartWriter {
 public:
  PartWriter(LineWriter& lines, const RenderedLayout::Part& part, const std::vector<Value>& values,
             Format format)
      : lines_(lines), part_(part), values_(values), format_(format) {}

  // From the value at `next` on; where the next part's begin.
  std::size_t write(const RenderedLayout& layout, std::size_t next) {
    for (const RenderedLayout::Series& series : part_.series) {
      next = write_series(series, layout.rows(), next);
    }
    return next;
  }

 private:
  std::size_t write_series(const RenderedLayout::Series& series,
                           const std::vector<std::string_view>& rows, std::size_t next) {
    const std::string_view open = series.open.text();
    if (part_.spread == Spread::once) {
      write_sample(next, open);
      return next + 1;
    }
    if (const std::string_view close = series.close.text(); !close.empty()) {
      for (std::string_view row : rows) {
        row.remove_suffix(RenderedLayout::kEndOfLabels.size());
        write_sample(next++, open, row, close);
      }
      return next;
    }
    for (const std::string_view row : rows) {
      write_sample(next++, open, row);
    }
    return next;
  }

  template <class... Texts>
  void write_sample(std::size_t index, Texts... texts) {
    if (index >= values_.size() || !values_[index].present) {
      return;
    }
    if (!headed_) {
      lines_.write(part_.headers[index_of(format_)]);
      headed_ = true;
    }
    lines_.write_line(values_[index], part_.kind, texts...);
  }

  LineWriter& lines_;
  const RenderedLayout::Part& part_;
  const std::vector<Value>& values_;
  Format format_;
  bool headed_ = false;
};

}  // namespace

void Encoder::encode(const SampleTable& table, const InfoFamilies& info, Format format,
                     const CollectorFilter& filter, std::string& out) {
  const auto layout = rendered(table.layout);
  LineWriter lines(out);
  std::size_t next = 0;
  for (const RenderedLayout::Part& part : layout->parts()) {
    next = filter.shows(part.collector)
               ? PartWriter(lines, part, table.values, format).write(*layout, next)
               : next + layout->series_of(part);
  }
  lines.write(info_lines(info, format)->text);
  lines.write(rules_of(format).end);
  lines.flush();
}

// Rendered without the lock: two that come at once may both do so.
std::shared_ptr<const RenderedLayout> Encoder::rendered(const Layout& layout) {
  std::shared_ptr<const RenderedLayout> before;
  {
    const std::lock_guard lock(mutex_);
    before = rendered_;
  }
  if (before && before->generation() == layout.generation) {
    return before;
  }
  auto made = std::make_shared<const RenderedLayout>(layout, before.get());
  const std::lock_guard lock(mutex_);
  rendered_ = made;
  return made;
}

std::shared_ptr<const Encoder::InfoText> Encoder::info_lines(const InfoFamilies& info,
                                                             Format format) {
  std::shared_ptr<const InfoText>& newest = info_[index_of(format)];
  {
    const std::lock_guard lock(mutex_);
    if (newest && newest->generation == info.generation) {
      return newest;
    }
  }
  auto made = std::make_shared<const InfoText>(InfoText{info.generation, info_text(info, format)});
  const std::lock_guard lock(mutex_);
  newest = made;
  return made;
}

}  // namespace perf_exporter
