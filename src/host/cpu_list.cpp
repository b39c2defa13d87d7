#include "host/cpu_list.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/text.h"

namespace perf_exporter {
namespace {

// More CPUs than any Linux configures (NR_CPUS is at most 8192); a bound, so that a typing error
// such as 0-99999999 is answered instead of filling memory.
constexpr int kMaxCpus = 1 << 16;

tl::unexpected<Fault> bad_part(std::string_view part, std::string_view whole,
                               std::string_view why) {
  return fault("'" + std::string(part) + "' in the CPU list '" + std::string(whole) + "' " +
               std::string(why) + "; a list reads like 0-3,8 or 0-63:2");
}

bool read_number(std::string_view text, int& number) {
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return !text.empty() && error == std::errc{} && stop == end && number >= 0;
}

// By number whether a CPU is named; no longer than it must be. The same range over and over takes
// no more room than once.
using NamedCpus = std::vector<bool>;

Result<void> add_part(std::string_view part, std::string_view whole, NamedCpus& named) {
  std::string_view range = part;
  int stride = 1;
  if (const auto colon = part.find(':'); colon != std::string_view::npos) {
    range = part.substr(0, colon);
    if (!read_number(part.substr(colon + 1), stride) || stride == 0) {
      return bad_part(part, whole, "has no stride of 1 or more behind the colon");
    }
  }
  const auto dash = range.find('-');
  int first = 0;
  if (!read_number(range.substr(0, dash), first)) {
    return bad_part(part, whole, "does not start with a CPU number");
  }
  int last = first;
  if (dash != std::string_view::npos && !read_number(range.substr(dash + 1), last)) {
    return bad_part(part, whole, "has no CPU number behind the dash");
  }
  if (last < first) {
    return bad_part(part, whole, "runs backwards");
  }
  if (last >= kMaxCpus) {
    return bad_part(part, whole, "names a CPU beyond 65535");
  }
  stride = std::min(stride, kMaxCpus);  // one step beyond any CPU, and no overflow
  named.resize(std::max(named.size(), static_cast<std::size_t>(last) + 1));
  for (int cpu = first; cpu <= last; cpu += stride) {
    named[static_cast<std::size_t>(cpu)] = true;
  }
  return {};
}

CpuList to_list(const NamedCpus& named) {
  CpuList cpus;
  for (std::size_t cpu = 0; cpu < named.size(); ++cpu) {
    if (named[cpu]) {
      cpus.push_back(CpuId{static_cast<int>(cpu)});
    }
  }
  return cpus;
}

}  // namespace

Result<CpuList> parse_cpu_list(std::string_view text) {
  const std::string_view whole = trim(text);
  NamedCpus named;
  std::string_view rest = whole;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    if (auto added = add_part(trim(rest.substr(0, comma)), whole, named); !added) {
      return tl::unexpected(added.error());
    }
    if (comma == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(comma + 1);
    if (rest.empty()) {
      return bad_part("", whole, "is empty");
    }
  }
  return to_list(named);
}

Result<CpuList> parse_sysfs_cpu_list(std::string_view text) {
  constexpr std::size_t kLeastPageBytes = 4096;
  if ((text.size() + 1) % kLeastPageBytes == 0 && !text.ends_with('\n')) {
    return fault("the kernel cut this list of CPUs after " + std::to_string(text.size()) +
                 " bytes");
  }
  return trim(text) == "(null)" ? CpuList{} : parse_cpu_list(text);
}

std::string format_cpu_list(const CpuList& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && to_int(cpus[last + 1]) == to_int(cpus[last]) + 1) {
      ++last;
    }
    text += (text.empty() ? "" : ",") + std::to_string(to_int(cpus[i]));
    if (last > i) {
      text += "-" + std::to_string(to_int(cpus[last]));
    }
    i = last + 1;
  }
  return text;
}

bool contains(const CpuList& cpus, CpuId cpu) {
  return std::binary_search(cpus.begin(), cpus.end(), cpu);
}

CpuList intersect(const CpuList& left, const CpuList& right) {
  CpuList both;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(both));
  return both;
}

CpuList merge(const CpuList& left, const CpuList& right) {
  CpuList either;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(either));
  return either;
}

CpuList subtract(const CpuList& from, const CpuList& what) {
  CpuList rest;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace perf_exporter
