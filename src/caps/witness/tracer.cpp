#include "caps/witness/tracer.h"

#include <algorithm>

namespace perf_exporter {
namespace {

constexpr std::string_view kNames[] = {"kretprobes", "function_graph", "function", "syscall"};

// Enough for the calls of one look (20 ms) of a busy program, on each CPU.
constexpr std::string_view kBufferKilobytes = "512";
// A return probe remembers so many calls under way at once; the kernel's own default can be ten.
constexpr const char* kReturnProbe = "r128";

std::string base_name(const std::string& symbol) {
  return symbol.substr(0, symbol.find('.'));
}

}  // namespace

std::string_view to_text(TraceMethod method) {
  return kNames[static_cast<std::size_t>(method)];
}

Result<Tracer> Tracer::create(const HostPaths& paths) {
  auto tracefs = Tracefs::find(paths);
  if (!tracefs) {
    return tl::unexpected(tracefs.error());
  }
  remove_left_instances(*tracefs);
  auto instance = TraceInstance::create(*tracefs);
  if (!instance) {
    return tl::unexpected(instance.error());
  }
  const Symbols symbols = find_symbols(*tracefs, paths);
  Tracer tracer(std::move(*instance), std::move(*tracefs));
  const auto ready =
      tracer.set_up(symbols).and_then([&tracer] { return tracer.instance_.open_pipe(); });
  if (!ready) {
    return tl::unexpected(ready.error());
  }
  return tracer;
}

// What an instance inherits from the top-level trace could change the format of lines.
void Tracer::prepare() {
  static_cast<void>(instance_.set("tracing_on", "0"));
  static_cast<void>(instance_.set("buffer_size_kb", kBufferKilobytes));
  static_cast<void>(instance_.set("trace_clock", "global"));
  for (const char* option : {"context-info", "noraw", "nohex", "nobin", "nofields", "noverbose",
                             "nosym-addr", "nolatency-format", "event-fork", "function-fork"}) {
    static_cast<void>(instance_.set("trace_options", option));
  }
}

Result<void> Tracer::set_up(const Symbols& symbols) {
  prepare();
  record_syscall();
  std::string why;
  using Use = Result<void> (Tracer::*)(const Symbols&);
  for (const Use use :
       {&Tracer::use_kretprobes, &Tracer::use_function_graph, &Tracer::use_function}) {
    const auto used = (this->*use)(symbols);
    if (used) {
      return {};
    }
    scope_.missing.push_back(used.error().what);
    why += (why.empty() ? "" : "; ") + used.error().what;
  }
  scope_.method = TraceMethod::syscall;
  return scope_.syscall ? Result<void>() : fault("nothing to trace with: " + why);
}

void Tracer::record_syscall() {
  const std::string place = "events/syscalls/";
  const bool enters = instance_.set(place + "sys_enter_perf_event_open/enable", "1").has_value();
  const bool exits = instance_.set(place + "sys_exit_perf_event_open/enable", "1").has_value();
  scope_.syscall = enters && exits;
  if (!scope_.syscall) {
    scope_.missing.emplace_back("no tracepoints of system calls (CONFIG_FTRACE_SYSCALLS)");
  }
}

bool Tracer::define(const WatchedFunction& function, const std::string& symbol) {
  const std::string name(function.name);
  constexpr std::string_view kTypes[] = {"s32", "s64", "u8"};
  const std::string type(kTypes[static_cast<std::size_t>(function.answer)]);
  if (!instance_.define_probe(kReturnProbe, name, symbol + " ret=$retval:" + type)) {
    scope_.missing.push_back(name);
    return false;
  }
  scope_.functions.insert(name);
  if (!function.asked.empty() &&
      !instance_.define_probe("p", "ask_" + name, symbol + " " + std::string(function.asked))) {
    scope_.missing.push_back("the arguments of " + name);
  }
  return true;
}

Result<void> Tracer::use_kretprobes(const Symbols& symbols) {
  const std::size_t before = scope_.missing.size();
  bool defined = false;
  for (const std::string& symbol : symbols.found) {
    const auto functions = watched_functions();
    const auto row = std::find_if(functions.begin(), functions.end(),
                                  [&](const auto& each) { return each.name == base_name(symbol); });
    defined = (row != functions.end() && define(*row, symbol)) || defined;
  }
  if (!defined) {
    scope_.missing.resize(before);
    return fault("no kprobe events (CONFIG_KPROBE_EVENTS)");
  }
  if (!symbols.syscall.empty()) {
    const WatchedFunction syscall{symbols.syscall, AnswerKind::number, ""};
    define(syscall, symbols.syscall);
    if (!scope_.syscall) {
      static_cast<void>(instance_.define_probe("p", "begin", symbols.syscall));
    }
  }
  if (auto enabled = instance_.set("events/" + instance_.name() + "/enable", "1"); !enabled) {
    return enabled;
  }
  scope_.missing.insert(scope_.missing.end(), symbols.missing.begin(), symbols.missing.end());
  scope_.method = TraceMethod::kretprobes;
  return {};
}

Result<void> Tracer::filter_functions(const Symbols& symbols) {
  std::vector<std::string> all = symbols.found;
  if (!symbols.syscall.empty()) {
    all.push_back(symbols.syscall);
  }
  if (auto emptied = instance_.set("set_ftrace_filter", ""); !emptied) {
    return emptied;
  }
  for (const std::string& symbol : all) {
    if (instance_.append("set_ftrace_filter", symbol + "\n")) {
      scope_.functions.insert(base_name(symbol));
    }
  }
  // Without a filter every function of the kernel would be traced.
  return scope_.functions.empty() ? fault("none of the functions can be traced") : Result<void>();
}

Result<void> Tracer::use_function_graph(const Symbols& symbols) {
  const std::string why =
      "no return values in the tracer function_graph "
      "(CONFIG_FUNCTION_GRAPH_RETVAL, Linux 6.11)";
  if (!filter_functions(symbols) || !instance_.set("current_tracer", "function_graph")) {
    return fault(why);
  }
  if (!instance_.set("options/funcgraph-retval", "1")) {
    static_cast<void>(instance_.set("current_tracer", "nop"));
    return fault(why);
  }
  for (const char* option : {"funcgraph-proc", "funcgraph-abstime"}) {
    static_cast<void>(instance_.set(std::string("options/") + option, "1"));
  }
  scope_.missing.insert(scope_.missing.end(), symbols.missing.begin(), symbols.missing.end());
  scope_.missing.emplace_back("the capabilities that are asked for");
  scope_.method = TraceMethod::function_graph;
  return {};
}

Result<void> Tracer::use_function(const Symbols& symbols) {
  const auto filtered = filter_functions(symbols);
  const auto used = filtered ? instance_.set("current_tracer", "function") : filtered;
  if (!used) {
    scope_.functions.clear();
    return fault("no tracer function (CONFIG_FUNCTION_TRACER): " + used.error().what);
  }
  scope_.missing.insert(scope_.missing.end(), symbols.missing.begin(), symbols.missing.end());
  scope_.missing.emplace_back("the answers of functions");
  scope_.method = TraceMethod::function;
  return {};
}

Result<void> Tracer::watch(std::span<const pid_t> threads) {
  std::string list;
  for (const pid_t thread : threads) {
    list += std::to_string(thread) + " ";
  }
  if (auto filtered = instance_.set("set_event_pid", list); !filtered) {
    return filtered;
  }
  const bool is_tracer =
      scope_.method == TraceMethod::function_graph || scope_.method == TraceMethod::function;
  return is_tracer ? instance_.set("set_ftrace_pid", list) : Result<void>();
}

}  // namespace perf_exporter
