// A small reader of both text formats, strict where the encoder must be: headers before samples, no
// family twice, samples only under their family.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <charconv>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace perf_exporter::testing_text {

// By sample name and labels sorted by name.
using SampleKey = std::pair<std::string, std::map<std::string, std::string>>;

struct ParsedFamily {
  std::string type;
  std::string help;
  std::map<SampleKey, double> samples;
};

struct ParsedText {
  std::map<std::string, ParsedFamily> families;  // by the name of the TYPE line
  bool ended = false;                            // "# EOF" was the last line
};

inline std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    ++i;
    EXPECT_LT(i, text.size()) << "a lone backslash at the end of " << text;
    plain += i < text.size() && text[i] == 'n' ? '\n' : text[i];
  }
  return plain;
}

inline double parse_value(std::string_view text) {
  if (text == "NaN" || text == "Nan") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (text == "+Inf" || text == "-Inf") {
    return (text[0] == '+' ? 1 : -1) * std::numeric_limits<double>::infinity();
  }
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(end.ec == std::errc{} && end.ptr == text.data() + text.size()) << text;
  return value;
}

// Cuts `{a="b",c="d"}` off the front of `rest`.
inline std::map<std::string, std::string> cut_labels(std::string_view& rest) {
  std::map<std::string, std::string> labels;
  while (!rest.empty() && (rest[0] == '{' || rest[0] == ',')) {
    const std::size_t equals = rest.find("=\"");
    const std::string name(rest.substr(1, equals - 1));
    std::size_t end = equals + 2;
    while (end < rest.size() && rest[end] != '"') {
      end += rest[end] == '\\' ? 2 : 1;
    }
    EXPECT_TRUE(labels.emplace(name, unescape(rest.substr(equals + 2, end - equals - 2))).second)
        << name;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!labels.empty()) {
    EXPECT_TRUE(rest.starts_with("} ")) << rest;
    rest.remove_prefix(1);
  }
  return labels;
}

inline void parse_sample(std::string_view line, ParsedFamily& family, const std::string& name) {
  const std::size_t name_end = line.find_first_of("{ ");
  const std::string sample(line.substr(0, name_end));
  EXPECT_TRUE(sample == name || sample == name + "_total") << sample << " under " << name;
  std::string_view rest = line.substr(name_end);
  auto labels = cut_labels(rest);
  EXPECT_TRUE(rest.starts_with(" ")) << line;
  const bool fresh =
      family.samples.emplace(SampleKey{sample, std::move(labels)}, parse_value(rest.substr(1)))
          .second;
  EXPECT_TRUE(fresh) << "twice: " << line;
}

inline ParsedText parse_text(std::string_view text) {
  ParsedText parsed;
  std::string help_name;
  std::string help;
  std::string current;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    EXPECT_NE(end, std::string_view::npos) << "no line feed at the end";
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end, text.size() - 1) + 1);
    EXPECT_FALSE(parsed.ended) << "after # EOF: " << line;
    if (line == "# EOF") {
      parsed.ended = true;
    } else if (line.starts_with("# HELP ")) {
      const std::size_t space = line.find(' ', 7);
      help_name = line.substr(7, space - 7);
      help = unescape(line.substr(space + 1));
    } else if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      current = line.substr(7, space - 7);
      ParsedFamily family{
          std::string(line.substr(space + 1)), help_name == current ? help : "", {}};
      EXPECT_TRUE(parsed.families.emplace(current, std::move(family)).second) << current;
    } else {
      parse_sample(line, parsed.families[current], current);
    }
  }
  return parsed;
}

}  // namespace perf_exporter::testing_text
