#!/usr/bin/python3
"""Executes a command behind a supervisor that refuses perf_event_open until a file exists: supervised.py FILE COMMAND.

The supervisor is a child of the command, so that this is the process that was started; it ends with it.
"""

import errno
import fcntl
import os
import select
import sys

import seccomp

# linux/seccomp.h
USER_NOTIF_FLAG_CONTINUE = 1


def supervise(filter_, permit, command):
    """Until the command has ended."""
    ended = os.pidfd_open(command)
    waiting = select.poll()
    for descriptor in (ended, filter_.get_notify_fd()):
        waiting.register(descriptor, select.POLLIN)
    while ended not in dict(waiting.poll()):
        call = filter_.receive_notify()
        permitted = os.path.exists(permit)
        answer = (0, 0, USER_NOTIF_FLAG_CONTINUE) if permitted else (0, -errno.EPERM, 0)
        filter_.respond_notify(seccomp.NotificationResponse(call, *answer))


def main():
    permit, *command = sys.argv[1:]
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    filter_.set_attr(seccomp.Attr.CTL_NNP, 0)
    filter_.add_rule(seccomp.NOTIFY, "perf_event_open")
    filter_.load()
    fcntl.fcntl(filter_.get_notify_fd(), fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    if os.fork() == 0:
        supervise(filter_, permit, os.getppid())
        return
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
