"""Seccomp filters of the host's own, by every answer that one can give, and beside other causes."""

from probing import NO_FILE_CAPABILITY, probed
from starts import filtered, nobody, program

OPEN = "perf_event_open"
PID_ARGUMENT = 1


def seccomp(name, expected, rules, behind=(*nobody(), program("ep")), **options):
    return probed("seccomp", name, expected, [*filtered(*rules), *behind], needs=("python3-seccomp",), **options)


ANSWERS = [
    seccomp("EPERM", "seccomp_eperm", [f"{OPEN}:EPERM"]),
    seccomp("ENOSYS", "seccomp_enosys", [f"{OPEN}:ENOSYS"]),
    seccomp("EACCES", "seccomp_errno", [f"{OPEN}:EACCES"]),
    seccomp("ENODEV, as gVisor answers", "seccomp_errno", [f"{OPEN}:ENODEV"]),
    seccomp("ENOENT, as a missing PMU answers", "seccomp_errno", [f"{OPEN}:ENOENT"]),
    seccomp("EMFILE, as a lack of descriptors answers", "seccomp_errno", [f"{OPEN}:EMFILE"]),
    seccomp("EINVAL, as perf answers a wrong flag", "seccomp_errno", [f"{OPEN}:EINVAL"]),
    seccomp("EFAULT", "seccomp_errno", [f"{OPEN}:EFAULT"]),
    seccomp("EPERM for root", "seccomp_eperm", [f"{OPEN}:EPERM"], [program("none")]),
    seccomp("the process is killed", "seccomp_kill", [f"{OPEN}:KILL_PROCESS"]),
    seccomp("the thread is killed", "seccomp_kill", [f"{OPEN}:KILL_THREAD"]),
    seccomp("a trap", "seccomp_kill", [f"{OPEN}:TRAP"]),
    seccomp("left to a tracer that is not there", "seccomp_enosys", [f"{OPEN}:TRACE"]),
    seccomp("logged and let through", "permitted", [f"{OPEN}:LOG"]),
    seccomp("a filter that has no say in perf", "permitted", ["swapon:EPERM"]),
    seccomp("whole CPUs alone, by the call's argument", "seccomp_eperm", [f"{OPEN}:EPERM:{PID_ARGUMENT}:-1"]),
]  # fmt: skip

# What the filter hides is foreseen.
BESIDE_OTHERS = [
    seccomp("EPERM and a file without capability", "seccomp_eperm", [f"{OPEN}:EPERM"], (*nobody(), program("none")),
            also=[NO_FILE_CAPABILITY]),
    seccomp("EPERM and a bounding set without it", "seccomp_eperm", [f"{OPEN}:EPERM"],
            (*nobody("--bounding-set=-perfmon"), program("p")), also=["bounding_set_lacks_perfmon"]),
    seccomp("EPERM and no_new_privs", "seccomp_eperm", [f"{OPEN}:EPERM"],
            (*nobody("--no-new-privs"), program("p")), also=["no_new_privs_dropped_perfmon"]),
    seccomp("ENOSYS and a nosuid mount", "seccomp_enosys", [f"{OPEN}:ENOSYS"], (*nobody(), program("nosuid/p")),
            also=["nosuid_mount"]),
    seccomp("killed, and a file without capability", "seccomp_kill", [f"{OPEN}:KILL_PROCESS"],
            (*nobody(), program("none")), also=[NO_FILE_CAPABILITY]),
    seccomp("EPERM, a wanted PMU and none there", "seccomp_eperm", [f"{OPEN}:EPERM"],
            arguments=["--collector=cycles"]),
]  # fmt: skip

NO_CHILD = [
    seccomp("no child process for the first trial", "trials_not_run", ["clone:EAGAIN", "clone3:EAGAIN"],
            also=["seccomp_other_calls"]),
]  # fmt: skip

SCENARIOS = [*ANSWERS, *BESIDE_OTHERS, *NO_CHILD]
