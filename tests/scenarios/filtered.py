#!/usr/bin/python3
"""Executes a command behind a seccomp filter: filtered.py RULE... -- COMMAND. starts.filtered says what a rule is.

Without no_new_privs the kernel takes a filter from root alone.
"""

import errno
import os
import sys

import seccomp

ACTIONS = {
    "ALLOW": seccomp.ALLOW,
    "KILL_PROCESS": seccomp.KILL_PROCESS,
    "KILL_THREAD": seccomp.KILL,
    "LOG": seccomp.LOG,
    "TRACE": seccomp.TRACE(0),
    "TRAP": seccomp.TRAP,
}
LOWER_HALF = 0xFFFFFFFF
NOT_NULL = "set"


def add(filter_, rule):
    call, answer, *argument = rule.split(":")
    action = ACTIONS[answer] if answer in ACTIONS else seccomp.ERRNO(getattr(errno, answer))
    conditions = []
    if argument:
        index, value = argument
        if value == NOT_NULL:
            conditions.append(seccomp.Arg(int(index), seccomp.NE, 0))
        else:
            conditions.append(seccomp.Arg(int(index), seccomp.MASKED_EQ, LOWER_HALF, int(value, 0) & LOWER_HALF))
    filter_.add_rule(action, call, *conditions)


def main():
    behind = sys.argv.index("--")
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    filter_.set_attr(seccomp.Attr.CTL_NNP, 0)
    for rule in sys.argv[1:behind]:
        add(filter_, rule)
    filter_.load()
    command = sys.argv[behind + 1 :]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
