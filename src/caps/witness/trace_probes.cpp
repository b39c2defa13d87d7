#include "caps/witness/trace_probes.h"

#include <algorithm>

namespace perf_exporter {
namespace {

// struct perf_event_attr (linux/perf_event.h): type at 0, config at 8, the bits at 40.
constexpr std::string_view kAttributes =
    "type=+u0($arg1):u32 config=+u8($arg1):x64 bits=+u40($arg1):x64";
constexpr std::string_view kCapability =
    "cap=$arg3:s32 c0=+40($arg1):x64 c1=+48($arg1):x64 c2=+56($arg1):x64 c3=+64($arg1):x64 "
    "c4=+72($arg1):x64 c5=+80($arg1):x64 c6=+88($arg1):x64";
// Newer kernels dropped the first argument, the attributes.
constexpr std::string_view kHook = "first=$arg1:x64 second=$arg2:x64";

constexpr WatchedFunction kWatched[] = {
    {"perf_copy_attr", AnswerKind::number, kAttributes},
    {"security_perf_event_open", AnswerKind::number, kHook},
    {"selinux_perf_event_open", AnswerKind::number, ""},
    {"capable", AnswerKind::truth, ""},
    {"ns_capable", AnswerKind::truth, ""},
    {"security_capable", AnswerKind::number, ""},
    {"cap_capable", AnswerKind::number, kCapability},
    {"apparmor_capable", AnswerKind::number, ""},
    {"selinux_capable", AnswerKind::number, ""},
    {"get_unused_fd_flags", AnswerKind::number, ""},
    {"perf_event_alloc", AnswerKind::pointer, ""},
    {"perf_init_event", AnswerKind::pointer, ""},
    {"perf_try_init_event", AnswerKind::number, ""},
    {"ptrace_may_access", AnswerKind::truth, ""},
    {"find_get_context", AnswerKind::pointer, ""},
};

constexpr std::string_view kSyscalls[] = {
    "__x64_sys_perf_event_open",   "__arm64_sys_perf_event_open", "__riscv_sys_perf_event_open",
    "__s390x_sys_perf_event_open", "sys_perf_event_open",
};

// Whether `symbol` is `name` as a compiler may have spelt it.
bool is_spelling_of(std::string_view symbol, std::string_view name) {
  return symbol == name || (symbol.starts_with(name) && symbol[name.size()] == '.' &&
                            symbol.find(".cold") == std::string_view::npos);
}

// The symbol, and what the kernel writes behind it: "cap_capable [module]".
std::string_view first_word(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t"));
}

bool is_wanted(std::string_view symbol) {
  const auto spells = [symbol](std::string_view name) { return is_spelling_of(symbol, name); };
  return std::any_of(std::begin(kSyscalls), std::end(kSyscalls), spells) ||
         std::any_of(std::begin(kWatched), std::end(kWatched),
                     [&](const WatchedFunction& each) { return spells(each.name); });
}

}  // namespace

std::span<const WatchedFunction> watched_functions() {
  return kWatched;
}

AnswerKind answer_kind(std::string_view function) {
  const auto* row =
      std::find_if(std::begin(kWatched), std::end(kWatched),
                   [&](const WatchedFunction& each) { return each.name == function; });
  return row == std::end(kWatched) ? AnswerKind::number : row->answer;
}

std::span<const std::string_view> syscall_functions() {
  return kSyscalls;
}

bool is_syscall_function(std::string_view name) {
  return std::find(std::begin(kSyscalls), std::end(kSyscalls), name) != std::end(kSyscalls);
}

Symbols match_symbols(const std::set<std::string, std::less<>>& listed) {
  const auto find = [&listed](std::string_view name) {
    const auto found = std::find_if(listed.lower_bound(name), listed.end(), [&](const auto& each) {
      return is_spelling_of(each, name) || !each.starts_with(name);
    });
    return found != listed.end() && is_spelling_of(*found, name) ? *found : std::string();
  };
  Symbols symbols;
  for (const WatchedFunction& function : kWatched) {
    if (std::string symbol = find(function.name); !symbol.empty()) {
      symbols.found.push_back(std::move(symbol));
    } else {
      symbols.missing.emplace_back(function.name);
    }
  }
  for (const std::string_view name : kSyscalls) {
    if (symbols.syscall.empty()) {
      symbols.syscall = find(name);
    }
  }
  return symbols;
}

Symbols find_symbols(const Tracefs& tracefs, const HostPaths& paths) {
  std::set<std::string, std::less<>> listed;
  const auto take = [&listed](std::string_view line) {
    if (const auto symbol = first_word(line); is_wanted(symbol)) {
      listed.emplace(symbol);
    }
  };
  if (!for_each_line_of(tracefs.root() / "available_filter_functions", take)) {
    // "ffffffff81366210 T capable"
    constexpr std::size_t kBehindAddressAndType = 19;
    static_cast<void>(for_each_line_of(paths.procfs / "kallsyms", [&](std::string_view line) {
      if (line.size() > kBehindAddressAndType) {
        take(line.substr(kBehindAddressAndType));
      }
    }));
  }
  return match_symbols(listed);
}

}  // namespace perf_exporter
