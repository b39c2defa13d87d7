"""Where a process runs and what its program's file lies on: mounts, user namespaces, tracers, limits, no PMU."""

import starts
from probing import NO_FILE_CAPABILITY, has_pmu, probed
from starts import PREFLIGHT, ambient, filtered, nobody, program, traced

CYCLES = ["--collector=cycles"]
ALL = ["--collector=software,cycles,instructions"]
WITH_PMU = has_pmu()
NO_PMU = [] if WITH_PMU else ["no_pmu"]
CLAMPED = "no_new_privs_dropped_perfmon"


def mount(name, expected, command, **options):
    return probed("mount", name, expected, command, **options)


def userns(name, expected, command, **options):
    return probed("user namespace", name, expected, command, **{"needs": ("userns",), **options})


MOUNTS = [
    mount("nosuid, =p", "nosuid_mount", [*nobody(), program("nosuid/p")]),
    mount("nosuid, =ep", "nosuid_mount", [*nobody(), program("nosuid/ep")]),
    mount("nosuid, file without capability", NO_FILE_CAPABILITY, [*nobody(), program("nosuid/none")],
          also=["nosuid_mount"]),
    mount("nosuid and no_new_privs", "nosuid_mount", [*nobody("--no-new-privs"), program("nosuid/p")]),
    mount("nosuid, bounding set lacks it, =ep: it starts", "bounding_set_lacks_perfmon",
          [*nobody("--bounding-set=-perfmon"), program("nosuid/ep")], also=["nosuid_mount"]),
    mount("nosuid, ambient capability", "permitted", [*ambient(), program("nosuid/ep")]),
    mount("nosuid, root", "permitted", [program("nosuid/p")]),
    mount("nosuid by a remount", "nosuid_mount",
          [*starts.in_mount_namespace("mount --bind p p; mount -o remount,bind,nosuid p"), *nobody(), program("p")]),
    mount("overlay", "permitted",
          [*starts.in_mount_namespace("mkdir -p /run/merged; mount -t tmpfs -o mode=755 tmpfs /run/merged\n"
                                      "mkdir /run/merged/u /run/merged/w /run/merged/m\n"
                                      "mount -t overlay -o lowerdir=$PWD,upperdir=/run/merged/u,workdir=/run/merged/w"
                                      " overlay /run/merged/m"), *nobody(), "/run/merged/m/p/perf-exporter"]),
]  # fmt: skip

PATHS = [
    probed("path", "a symbolic link", "permitted", [*nobody(), program("links")]),
    probed("path", "found in PATH", "permitted", ["env", "PATH=p:/usr/bin:/bin", *nobody(), "perf-exporter"]),
    probed("path", "by the dynamic loader", NO_FILE_CAPABILITY,
           [*nobody(), "sh", "-c", 'exec "$(ls /lib*/ld-linux-*.so.* | tail -n1)" ./p/perf-exporter "$@"', "sh"]),
    probed("path", "removed after its start, =p", "permitted",
           ["sh", "-ec", 'cp --preserve=all p/perf-exporter gone; exec 3< gone; rm gone; exec "$0" "$@"',
            *nobody(), "/proc/self/fd/3"]),
    probed("path", "removed after its start, file without capability", NO_FILE_CAPABILITY,
           ["sh", "-ec", 'cp none/perf-exporter gone; exec 3< gone; rm gone; exec "$0" "$@"',
            *nobody(), "/proc/self/fd/3"]),
    probed("path", "no /proc, =ep", "permitted",
           [*starts.in_mount_namespace("mount -t tmpfs tmpfs /proc"), *nobody(), program("ep")]),
    probed("path", "no /proc, file without capability", "unexplained_refusal",
           [*starts.in_mount_namespace("mount -t tmpfs tmpfs /proc"), *nobody(), program("none")],
           says=["unknown"]),
]  # fmt: skip

USER_NAMESPACES = [
    userns("mapped to a user, =p inside", "user_namespace",
           [*nobody(), "unshare", "--user", "--map-user=1000", program("p")]),
    userns("mapped to a user, =ep inside", "user_namespace",
           [*nobody(), "unshare", "--user", "--map-user=1000", program("ep")]),
    userns("mapped to root, every capability inside", "user_namespace",
           [*nobody(), "unshare", "--user", "--map-root-user", program("none")]),
    userns("not mapped", "user_namespace", [*nobody(), "unshare", "--user", program("p")]),
    userns("not mapped, file without capability", "user_namespace", [*nobody(), "unshare", "--user", program("none")],
           also=[NO_FILE_CAPABILITY]),
    userns("made by root", "user_namespace", ["unshare", "--user", "--map-root-user", program("none")]),
    userns("and CAP_SYS_ADMIN on the file", "user_namespace",
           [*nobody(), "unshare", "--user", "--map-user=1000", program("sys_admin")]),
    userns("and a bounding set without it", "user_namespace",
           [*nobody(), "unshare", "--user", "--map-root-user", "setpriv",
            "--bounding-set=-perfmon,-sys_admin", program("none")],
           also=["bounding_set_lacks_perfmon"]),
    userns("and a nosuid mount", "user_namespace",
           [*nobody(), "unshare", "--user", "--map-user=1000", program("nosuid/p")], also=["nosuid_mount"]),
    userns("behind a filter: the filter first", "seccomp_eperm",
           [*filtered("perf_event_open:EPERM"), *nobody(), "unshare", "--user", "--map-root-user", program("none")],
           also=["user_namespace"], needs=("userns", "python3-seccomp")),
    userns("and no PMU where cycles are wanted", "user_namespace",
           [*nobody(), "unshare", "--user", "--map-root-user", program("none")], arguments=CYCLES, also=NO_PMU),
]  # fmt: skip


def tracer(name, expected, command, **options):
    return probed("tracer", name, expected, command, needs=("strace",), **options)


TRACERS = [
    tracer("strace of the user's own, =p", "tracer_dropped_perfmon", [*nobody(), *traced(), program("p")]),
    tracer("strace of the user's own, =ep", "tracer_dropped_perfmon", [*nobody(), *traced(), program("ep")]),
    tracer("strace of the user's own, file without capability", NO_FILE_CAPABILITY,
           [*nobody(), *traced(), program("none")]),
    tracer("strace of the user's own and no_new_privs", (CLAMPED, "tracer_dropped_perfmon"),
           [*nobody("--no-new-privs"), *traced(), program("p")], also=[CLAMPED, "tracer_dropped_perfmon"]),
    tracer("strace of the user's own, ambient capability", "permitted", [*ambient(), *traced(), program("none")]),
    tracer("strace of root, root's program", "permitted", [*traced(), program("none")]),
    tracer("strace of root, a user's program, =p", "permitted", [*traced(), *nobody(), program("p")]),
]  # fmt: skip

LIMITS = [
    probed("limit", "no descriptor left", "descriptors_exhausted",
           [*starts.limited("nofile=4:4"), *nobody(), program("ep")]),
    probed("limit", "no descriptor left, and a file without capability", "descriptors_exhausted",
           [*starts.limited("nofile=4:4"), *nobody(), program("none")]),
    probed("limit", "too few descriptors for the events", "descriptor_limit",
           [*starts.limited("nofile=7:7"), *nobody(), program("ep")], also=["permitted"]),
    probed("limit", "too few descriptors, to be raised by the program", "permitted",
           [*starts.limited("nofile=7:"), *nobody(), program("ep")]),
    probed("limit", "no process for the first trial (RLIMIT_NPROC)", "trials_not_run",
           [*starts.limited("nproc=1:1"), *nobody(uid=65111), program("p")], says=["RLIMIT_NPROC"]),
]  # fmt: skip

HARDWARE = [
    probed("hardware", "cycles with the capability", "permitted" if WITH_PMU else "no_pmu",
           [*nobody(), program("ep")], arguments=CYCLES),
    probed("hardware", "cycles without a capability: permission first", NO_FILE_CAPABILITY,
           [*nobody(), program("none")], arguments=CYCLES, also=NO_PMU),
    probed("hardware", "cycles, bounding set lacks it: permission first", "bounding_set_lacks_perfmon",
           [*nobody("--bounding-set=-perfmon"), program("p")], arguments=CYCLES, also=NO_PMU),
    probed("hardware", "cycles, no_new_privs behind a shell: permission first", CLAMPED,
           [*nobody("--no-new-privs"), program("p")], arguments=CYCLES, also=NO_PMU),
    probed("hardware", "software events beside cycles, with the capability", "permitted" if WITH_PMU else "no_pmu",
           [*nobody(), program("ep", PREFLIGHT)], arguments=ALL, also=["permitted", "main_program_starts"]),
]  # fmt: skip

SCENARIOS = [*MOUNTS, *PATHS, *USER_NAMESPACES, *TRACERS, *LIMITS, *HARDWARE]
