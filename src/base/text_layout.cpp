#include "base/text_layout.h"

#include <vector>

namespace perf_exporter {
namespace {

constexpr std::size_t kLabelColumn = 2;

}  // namespace

std::vector<std::string_view> wrap(std::string_view line, std::size_t width) {
  std::vector<std::string_view> pieces;
  while (line.size() > width) {
    auto space = line.rfind(' ', width);
    if (space == std::string_view::npos || space == 0) {
      space = line.find(' ', 1);
    }
    if (space == std::string_view::npos) {
      break;
    }
    pieces.push_back(line.substr(0, space));
    line.remove_prefix(space + 1);
  }
  pieces.push_back(line);
  return pieces;
}

void add_labelled(std::string& out, std::string_view label, std::string_view text,
                  std::size_t column) {
  std::string margin = std::string(kLabelColumn, ' ') + std::string(label);
  margin.resize(std::max(column, margin.size() + 1), ' ');
  for_each_line(text, [&](std::string_view line) {
    const auto pieces = is_verbatim(line) ? std::vector{line} : wrap(line, kColumns - column);
    for (const std::string_view piece : pieces) {
      out += margin;
      out += piece;
      out += '\n';
      margin.assign(column, ' ');
    }
  });
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size() + 1, width), ' ');
  return text;
}

}  // namespace perf_exporter
