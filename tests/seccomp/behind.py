#!/usr/bin/python3
"""Executes a command behind the profile: behind.py FORM PROFILE REPORTS -- COMMAND.

FORM `enforced`: as a runtime applies it. FORM `logging`: the kernel asks about each call that the profile does not
allow (seccomp_unotify(2)); it is let through and noted. As the operator's own tool does, nothing fails and everything
is seen. The notes are the file REPORTS/PID, once all processes of the command have ended; until then it is
REPORTS/PID.open. Root, or who has no_new_privs, may do so.
"""

import ctypes
import errno
import fcntl
import json
import os
import pathlib
import select
import struct
import sys
import time

import seccomp

ACTIONS = {"SCMP_ACT_ALLOW": lambda rule: seccomp.ALLOW, "SCMP_ACT_ERRNO": lambda rule: seccomp.ERRNO(errno_of(rule))}
COMPARISONS = {"SCMP_CMP_EQ": seccomp.EQ, "SCMP_CMP_MASKED_EQ": seccomp.MASKED_EQ}
# From here on the calls are the program's: those before belong to what executes it.
EXECUTES = {"execve", "execveat"}
# include/uapi/linux/seccomp.h
RECEIVE, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
NOTIFICATION = struct.Struct("=QIIiIQ6Q")
ANSWER = struct.Struct("=QqiI")
PIDFD_OPEN, PIDFD_GETFD = 434, 438
PR_SET_PTRACER, ANYBODY = 0x59616D61, -1
LISTENER = "anon_inode:seccomp notify"


def errno_of(rule):
    return rule.get("errnoRet", errno.EPERM)


def argument_of(condition):
    values = [condition["value"]]
    if condition["op"] == "SCMP_CMP_MASKED_EQ":
        values.append(condition.get("valueTwo", 0))
    return seccomp.Arg(condition["index"], COMPARISONS[condition["op"]], *values)


def filter_of(profile, form):
    default = seccomp.NOTIFY if form == "logging" else seccomp.ERRNO(profile.get("defaultErrnoRet", errno.EPERM))
    made = seccomp.SyscallFilter(default)
    made.set_attr(seccomp.Attr.CTL_NNP, 0)
    for rule in profile["syscalls"]:
        for name in rule["names"]:
            if form != "logging" or name not in EXECUTES:
                made.add_rule(ACTIONS[rule["action"]](rule), name, *map(argument_of, rule.get("args", ())))
    return made


LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    result = LIBC.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "system call")
    return result


def take_listener(pid):
    """The descriptor by which the kernel asks, from the process that installed the filter: it waits meanwhile."""
    while True:
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            if os.readlink(link) == LISTENER:
                return call(PIDFD_GETFD, call(PIDFD_OPEN, pid, 0), int(link.name), 0)
        time.sleep(0.005)


def answer(listener, pid, seen):
    """Notes one call and lets it through."""
    question = bytearray(NOTIFICATION.size)
    fcntl.ioctl(listener, RECEIVE, question)
    identity, thread, _, number, _, _, *arguments = NOTIFICATION.unpack(question)
    name = seccomp.resolve_syscall(seccomp.Arch.NATIVE, number).decode()
    if name not in EXECUTES:
        seen.setdefault(name, [hex(value) for value in arguments])
    elif thread == pid:
        seen.clear()
    fcntl.ioctl(listener, SEND, bytearray(ANSWER.pack(identity, 0, 0, CONTINUE)))


def watch(pid, report):
    """Until no process has the filter any more."""
    listener, seen = take_listener(pid), {}
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        for _, event in poll.poll():
            if event & select.POLLIN:
                try:
                    answer(listener, pid, seen)
                except OSError as error:  # the caller was killed or interrupted: it asks again
                    if error.errno not in (errno.ENOENT, errno.EINTR):
                        raise
            elif event:
                report.write_text(json.dumps(seen), encoding="ascii")
                report.rename(report.with_suffix(""))
                return


def start_watching(reports):
    """Leaves a process behind that is nobody's child here, so that the program gets no child that it does not know."""
    pid = os.getpid()
    report = reports / f"{pid}.open"
    report.touch()
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            os.setsid()
            for standard in range(3):
                os.dup2(os.open(os.devnull, os.O_RDWR), standard)
            watch(pid, report)
        os._exit(0)
    os.waitpid(child, 0)


def main():
    form, profile, reports = sys.argv[1:4]
    command = sys.argv[sys.argv.index("--") + 1 :]
    made = filter_of(json.loads(pathlib.Path(profile).read_text(encoding="utf-8")), form)
    if form == "logging":
        LIBC.prctl(PR_SET_PTRACER, ANYBODY)  # Yama, where it is on, lets ancestors alone take a descriptor
        start_watching(pathlib.Path(reports))
    made.load()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
