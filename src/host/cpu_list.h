#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perf_exporter {

// A logical CPU by the number the kernel gives it. A type of its own, so that it can't be taken for
// a process id, a package or an index.
enum class CpuId : int {};

constexpr int to_int(CpuId cpu) {
  return static_cast<int>(cpu);
}

// Sorted, without duplicates.
using CpuList = std::vector<CpuId>;

// Reads the kernel's list format (Documentation/admin-guide/cputopology.rst): "0-3,8", with an
// optional stride "0-63:2". Surrounding white space is ignored and an empty text is an empty list,
// as sysfs writes it. A fault names the text, the offending part and the reason.
Result<CpuList> parse_cpu_list(std::string_view text);

// Reads the text of a file in sysfs as it is, with the end of its line. Beside the above, "(null)"
// (an empty nohz_full) is an empty list, and a list that the kernel has cut is a fault: it writes a
// page at the most, less a byte, without a word (bitmap_print_to_pagebuf in lib/bitmap.c).
Result<CpuList> parse_sysfs_cpu_list(std::string_view text);

// The inverse: "0-3,8"; an empty list is "".
std::string format_cpu_list(const CpuList& cpus);

[[nodiscard]] bool contains(const CpuList& cpus, CpuId cpu);

// Members of both lists, of either, of `from` alone.
CpuList intersect(const CpuList& left, const CpuList& right);
CpuList merge(const CpuList& left, const CpuList& right);
CpuList subtract(const CpuList& from, const CpuList& what);

}  // namespace perf_exporter
