#!/usr/bin/python3
"""Executes a command whose calls of perf_event_open are never answered: unanswered.py WHICH COMMAND...

WHICH: `all` of them, those `after_r0` (the first trial's, made with undefined flags, are let through), or those of group
`members`, so that every trial is answered; or the `reads` of the group of software events, by their size. The kernel holds such a call until the supervisor answers, which it never
does (seccomp_unotify(2)); the supervisor goes with the command.
"""

import contextlib
import os
import select
import sys

import seccomp

COUNT, GROUP_FD, FLAGS = 2, 3, 4
CLOEXEC = 8  # PERF_FLAG_FD_CLOEXEC, which every call but r0 has alone
# PERF_FORMAT_GROUP, _ID and both times: three numbers, and two for each of five events.
GROUP_BYTES = 8 * (3 + 2 * 5)
RULES = {
    "all": ("perf_event_open",),
    "after_r0": ("perf_event_open", seccomp.Arg(FLAGS, seccomp.EQ, CLOEXEC)),
    "members": ("perf_event_open", seccomp.Arg(GROUP_FD, seccomp.MASKED_EQ, 1 << 31, 0)),  # not -1
    "reads": ("read", seccomp.Arg(COUNT, seccomp.EQ, GROUP_BYTES)),
}


def supervise(process):
    """Holds the filter's descriptor, which libseccomp keeps, until the process ends."""
    poll = select.poll()
    poll.register(os.pidfd_open(process), select.POLLIN)
    poll.poll()
    os._exit(0)


def main():
    process = os.getpid()
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    filter_.set_attr(seccomp.Attr.CTL_NNP, 0)
    filter_.add_rule(seccomp.NOTIFY, *RULES[sys.argv[1]])
    filter_.load()
    between = os.fork()
    if between == 0:
        if os.fork() == 0:
            supervise(process)
        os._exit(0)
    with contextlib.suppress(ChildProcessError):  # where SIGCHLD is ignored
        os.waitpid(between, 0)  # the command is nobody's parent
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
