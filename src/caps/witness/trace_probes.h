// Which kernel functions are watched on the way of a perf_event_open, as data.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "caps/witness/tracefs.h"

namespace perf_exporter {

// How a function's answer is to be read: an int or long that is negative for an errno, a pointer
// that may hold one (include/linux/err.h), or a yes or no.
enum class AnswerKind { number, pointer, truth };

// A function whose answer decides or marks a step, in the order of kernel/events/core.c.
struct WatchedFunction {
  std::string_view name;
  AnswerKind answer;
  // What to record as it is entered, as a kprobe event fetches it; empty: nothing.
  std::string_view asked;
};

std::span<const WatchedFunction> watched_functions();

// Number where the function is not watched.
AnswerKind answer_kind(std::string_view function);

// The names under which kernels have the system call's own function, one per architecture.
std::span<const std::string_view> syscall_functions();
bool is_syscall_function(std::string_view name);

// The credentials (struct cred in linux/cred.h) are recorded as 64-bit words c0, c1, ... from this
// byte on: no version of Linux has the capability sets before it or behind the last word.
inline constexpr std::size_t kCredentialStart = 40;
inline constexpr std::size_t kCredentialWords = 7;

// Of the watched functions and the system call's own, the symbols that this kernel lists as
// traceable (available_filter_functions, else procfs/kallsyms): a compiler may have added
// ".isra.0" to a name, or have put the function into its only caller, so that it is missing.
struct Symbols {
  std::vector<std::string> found;    // as the kernel spells them
  std::vector<std::string> missing;  // as the table spells them
  std::string syscall;               // empty where there is none
};
Symbols find_symbols(const Tracefs& tracefs, const HostPaths& paths);

// The same from a list of symbols in which nothing else is looked at.
Symbols match_symbols(const std::set<std::string, std::less<>>& listed);

}  // namespace perf_exporter
