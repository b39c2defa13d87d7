// The man page, in the macros of groff_man(7).
#include "tools/cli/command_line.h"

namespace perf_exporter {
namespace {

constexpr const char* kTemplate =
    R"roff(.\" Generated from the options; `make docs` writes it anew.
.TH PERF\-EXPORTER 1 "" "perf\-exporter @version@" "User Commands"
.nh
.SH NAME
perf\-exporter \- Prometheus exporter for perf hardware counters
.SH SYNOPSIS
@synopsis@
.SH DESCRIPTION
@description@
.PP
Counting whole CPUs takes the capability
.B CAP_PERFMON
(Linux 5.8 and later), or
.I kernel.perf_event_paranoid
at 0 or below.
Where the kernel refuses, the rest is served all the same: the log, the page, the metrics and
.B perf\-exporter probe
name the cause, its evidence and the fix.
.SH COMMANDS
Without a command it serves.
@commands@
.SH FLAGS
A flag takes its value behind a blank or behind \(oq=\(cq.
@flags@
.SS General
.TP
.B \-\-version
Print the version and exit.
.TP
.BR \-h ,\~ \-\-help
Print a help text, or that of the command before it, and exit.
.SH COLLECTORS
@collectors@
.SH ENVIRONMENT
Every flag is read from a variable, too:
.B \-\-web.max\-requests
is
.BR PERF_EXPORTER_WEB_MAX_REQUESTS .
A flag goes before its variable, that before the file of
.BR \-\-config .
.TP
.B JOURNAL_STREAM
Set by systemd: where standard error leads to the journal, each line begins with its priority.
.TP
.B NOTIFY_SOCKET
Set by systemd: where to tell that HTTP answers, or with
.B \-\-strict
that nothing wanted is missing.
.SH FILES
.TP
.I /etc/default/perf\-exporter
Variables for
.IR perf\-exporter.service .
.SH EXIT STATUS
.TP
.B 0
It was told to stop, or has printed what was asked for.
.TP
.B 1
Something broke that should not.
.TP
.B 2
A flag, a file, a name or an address is wrong, whatever the machine, or what was asked for could not be printed.
.TP
.B 3
A permission refuses something wanted: from
.B perf\-exporter probe
and
.BR "perf\-exporter stat" .
With
.B \-\-strict
the server ends with it, too, where a CPU, a PMU or an event that is wanted is not there.
.SH SIGNALS
.B SIGTERM
and
.B SIGINT
end it, and have
.B perf\-exporter stat
print what it has counted.
.B SIGHUP
has the server look again at once at what this machine allows, and count what it refused before:
.BR "systemctl reload perf\-exporter" .
Ignored by
.BR nohup (1)
it stays ignored, and it ends a server whose terminal has gone, as it ends the other commands.
Signals that ask for nothing here, as
.BR SIGUSR1 ,
do not end the server.
.SH EXAMPLES
Serve two collectors to this machine alone:
.PP
.EX
    perf\-exporter \-\-collector cycles,instructions \-\-web.listen\-address 127.0.0.1:10950
.EE
.PP
Tell why an event is missing:
.PP
.EX
    perf\-exporter probe
.EE
.SH SEE ALSO
.BR perf_event_open (2),
.BR capabilities (7),
.BR systemd.service (5)
)roff";

// A text as roff shows it unchanged, each sentence on a line of its own.
std::string roff(std::string_view text) {
  std::string out = escape(escape(text, '\\', "\\e"), '-', "\\-");
  for (auto at = out.find(". "); at != std::string::npos; at = out.find(". ", at)) {
    out[at + 1] = '\n';
  }
  return out;
}

std::string bold(std::string_view text) {
  return text.empty() ? "" : "\\fB" + roff(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return text.empty() ? "" : "\\fI" + roff(text) + "\\fR";
}

std::string behind_blank(const std::string& text) {
  return text.empty() ? "" : " " + text;
}

std::string entry(const std::string& head, const std::string& body) {
  return ".TP\n" + head + "\n" + body + "\n";
}

std::string without_last_newline(std::string text) {
  text.pop_back();
  return text;
}

std::string synopsis(const CommandLine& line) {
  std::string out;
  for (const CommandDescription& command : line.commands) {
    out += (out.empty() ? "" : ".br\n") + bold("perf-exporter") + behind_blank(bold(command.name)) +
           behind_blank(italic(command.arguments)) + " [" + italic("FLAG") + "]...\n";
  }
  return without_last_newline(out);
}

std::string commands(const CommandLine& line) {
  std::string out;
  for (const CommandDescription& command : line.commands) {
    if (!command.name.empty()) {
      out +=
          entry(bold(command.name) + behind_blank(italic(command.arguments)), roff(command.help));
    }
  }
  return without_last_newline(out);
}

std::string flags(const CommandLine& line) {
  std::string out;
  std::string group;
  for (const FlagDescription& flag : line.flags) {
    if (flag.group != group) {
      group = flag.group;
      out += ".SS " + roff(group) + "\n";
      out +=
          flag.command.empty() ? "" : "Only with " + bold("perf-exporter " + flag.command) + ".\n";
    }
    const std::string preset =
        flag.default_value.empty() ? "" : "\nDefault: " + bold(flag.default_value) + ".";
    out += entry(bold("--" + flag.name) + behind_blank(italic(flag.value_name)),
                 roff(flag.help) + preset);
  }
  return without_last_newline(out);
}

std::string collectors(const CommandLine& line) {
  std::string out;
  for (const CollectorChoice& collector : line.collectors) {
    out += entry(bold(collector.name),
                 roff(collector.help) + (collector.on_by_default ? "; runs by default." : "."));
  }
  return without_last_newline(out);
}

}  // namespace

std::string man_page(const CommandLine& line) {
  return fill(kTemplate, {{"@version@", PERF_EXPORTER_VERSION},
                          {"@synopsis@", synopsis(line)},
                          {"@description@", roff(line.commands.front().help)},
                          {"@commands@", commands(line)},
                          {"@flags@", flags(line)},
                          {"@collectors@", collectors(line)}});
}

}  // namespace perf_exporter
