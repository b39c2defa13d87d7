// What a process inherits: its parent may have ignored or blocked signals, closed descriptors and
// masked bits (execve(2), "Effect on process attributes").
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace perf_exporter {

// What a program that this one executes for its user is to find as if it had been started directly.
struct Inherited {
  sigset_t ignored{};
  sigset_t blocked{};
  mode_t umask = 0;
};

// Brings the process into a known state, whatever its parent left. To be called first of all:
// before anything is opened, written, or started. From then on
// - descriptors 0, 1 and 2 are open, on /dev/null where they were closed: else an event or a socket
//   takes such a number, and the log is written into it;
// - SIGCHLD, whose ignoring makes waitpid(2) fail with ECHILD, and SIGTERM have their default
// action;
// - SIGPIPE and SIGXFSZ are ignored: what can't be written is told by write(2);
// - SIGHUP and SIGINT stay ignored where they are: nohup(1) and a shell's "&" mean that;
// - no signal is blocked;
// - the umask takes nothing from the owner, who could not connect to our own unix socket; what
// group
//   and others get is left to who starts us (UMask= of a systemd unit).
Inherited enter_known_state();

// Gives one signal the action back that it had.
void restore_inherited(const Inherited& inherited, int signal);

// To be called in a child that is about to execute another program. Descriptors that
// enter_known_state opened close by themselves then. Async-signal-safe.
void restore_inherited(const Inherited& inherited);

// Signals that nobody means for a server, and that would end it by default, are ignored from here
// on: timers' (a timer outlives execve(2)), users', the power supply's, real-time ones.
void ignore_stray_signals();

}  // namespace perf_exporter
