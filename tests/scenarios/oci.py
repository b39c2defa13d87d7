"""Containers by an OCI runtime, as Kubernetes, Docker and Podman make them."""

import dataclasses

from board import Found, Scenario
from container import EVERYBODY, SUBORDINATE, Container, run_in
from probing import EXEC_REFUSED, SOFTWARE, judge_report, names, report_of, run
from starts import PREFLIGHT

PERFMON, SYS_ADMIN = "CAP_PERFMON", "CAP_SYS_ADMIN"
NO_SYSCTL = "sysctl"


def look(container, variety, is_wrapped, name, also, says, arguments):
    words = [f"/{variety}/{name}", "probe", "--format=json", *arguments]
    words = container.behind_a_shell(words) if is_wrapped else words
    done = run_in(container, words, run)
    report = report_of(done)
    found = judge_report(done, report, also, says)
    if report and container.profile and any(NO_SYSCTL in finding["fix"] for finding in report["findings"][:1]):
        found.problems.append(f"a sysctl helps against no filter: {report['findings'][0]['fix']}")
    return found


def contained(name, expected, variety, container, *, group="oci", entrypoint="direct", program="perf-exporter",
              also=(), says=(), arguments=SOFTWARE, needs=()):  # fmt: skip
    """`entrypoint`: "direct", or "shell" that executes the program."""
    return Scenario(group, name, names(expected),
                    lambda: look(container, variety, entrypoint == "shell", program, also, says, arguments),
                    ("runc", *needs))  # fmt: skip


GRANTED = Container(capabilities=(PERFMON,))
BARRED = dataclasses.replace(GRANTED, no_new_privs=True)
DROPPED = Container()

CAPABILITIES = [
    contained("PERFMON added, =ep", "permitted", "ep", GRANTED),
    contained("PERFMON added, =p", "permitted", "p", GRANTED),
    contained("PERFMON added, no_new_privs, =ep", "permitted", "ep", BARRED),
    contained("PERFMON added, no_new_privs, the preflight", "permitted", "ep", BARRED, program=PREFLIGHT,
              also=["main_program_starts"]),
    contained("PERFMON added, behind a shell, =ep", "permitted", "ep", GRANTED, entrypoint="shell"),
    contained("PERFMON added, no_new_privs, behind a shell, =ep", "no_new_privs_dropped_perfmon", "ep", BARRED,
              entrypoint="shell", says=["allowPrivilegeEscalation"]),
    contained("PERFMON added, no_new_privs, Docker up to 24, =ep", "no_new_privs_dropped_perfmon", "ep",
              dataclasses.replace(BARRED, permitted=False, runtime="docker")),
    contained("PERFMON added, Docker up to 24, =ep", "permitted", "ep",
              dataclasses.replace(GRANTED, permitted=False, runtime="docker")),
    contained("PERFMON added, the image lost the file capability", "image_lacks_file_capability", "none", GRANTED,
              says=["setcap"]),
    contained("PERFMON added, another capability on the file", "file_capability_lacks_perfmon", "other", GRANTED),
    contained("PERFMON added, root", "permitted", "none", dataclasses.replace(GRANTED, uid=0)),
    contained("PERFMON added, ambient, file without one", "permitted", "none",
              dataclasses.replace(BARRED, ambient=True)),
    contained("all dropped, =ep", EXEC_REFUSED, "ep", DROPPED),
    contained("all dropped, =ep, the preflight", "bounding_set_lacks_perfmon", "ep", DROPPED, program=PREFLIGHT,
              also=["main_program_exec_refused"], says=["add: [PERFMON]"]),
    contained("all dropped, =p", "bounding_set_lacks_perfmon", "p", DROPPED, says=["add: [PERFMON]"]),
    contained("all dropped, =p, in Docker", "bounding_set_lacks_perfmon", "p",
              dataclasses.replace(DROPPED, runtime="docker"), says=["--cap-add PERFMON"]),
    contained("all dropped, =p, in Podman", "bounding_set_lacks_perfmon", "p",
              dataclasses.replace(DROPPED, runtime="podman"), says=["podman run"]),
    contained("all dropped, root", "bounding_set_lacks_perfmon", "none", dataclasses.replace(DROPPED, uid=0)),
    contained("all dropped, no_new_privs, =p", "bounding_set_lacks_perfmon", "p",
              dataclasses.replace(DROPPED, no_new_privs=True)),
    contained("SYS_ADMIN instead, root", "permitted", "none", Container(capabilities=(SYS_ADMIN,), uid=0)),
    contained("SYS_ADMIN instead, =p of PERFMON", "bounding_set_lacks_perfmon", "p",
              Container(capabilities=(SYS_ADMIN,))),
    contained("SYS_ADMIN instead, =p of both", "permitted", "both", Container(capabilities=(SYS_ADMIN,))),
]  # fmt: skip

SURROUNDINGS = [
    contained("a nosuid volume", "nosuid_mount", "volume",
              dataclasses.replace(GRANTED, mounts=(("p", "/volume", "nosuid"),))),
    contained("too few descriptors for the events", "descriptor_limit", "ep",
              dataclasses.replace(GRANTED, descriptors=7)),
    contained("user namespace, root", "user_namespace", "none",
              dataclasses.replace(GRANTED, uid=0, users=SUBORDINATE), says=["hostUsers"]),
    contained("user namespace, =ep", "user_namespace", "ep", dataclasses.replace(GRANTED, users=SUBORDINATE)),
    contained("user namespace, SYS_ADMIN as well", "user_namespace", "both",
              Container(capabilities=(PERFMON, SYS_ADMIN), users=SUBORDINATE)),
    contained("user namespace that maps every user to itself", "user_namespace", "ep",
              dataclasses.replace(GRANTED, users=EVERYBODY)),
    contained("user namespace, all dropped", "user_namespace", "p", dataclasses.replace(DROPPED, users=SUBORDINATE),
              also=["bounding_set_lacks_perfmon"]),
]  # fmt: skip

# What the default profile answers to whom, and what the evidence calls it. The columns are the capabilities added.
ADDED = {"neither": (), "PERFMON": (PERFMON,), "SYS_ADMIN": (SYS_ADMIN,), "both": (PERFMON, SYS_ADMIN)}
REFUSED, UNKNOWN_CALL, ALLOWED = "seccomp_eperm", "seccomp_enosys", "permitted"
PROFILES = [
    ("docker-20.10.json", "docker", "Docker up to 20.10", (REFUSED, REFUSED, ALLOWED, ALLOWED)),
    ("docker-23.0.json", "docker", "Docker 23.0 and newer", (REFUSED, ALLOWED, ALLOWED, ALLOWED)),
    ("containerd-1.6.8.json", "containerd", "containerd before 1.6.9", (REFUSED, REFUSED, ALLOWED, ALLOWED)),
    ("containerd-1.6.9.json", "containerd", "containerd 1.6.9", (REFUSED, ALLOWED, ALLOWED, ALLOWED)),
    ("containers-common-0.57.json", "podman", "Podman before 5.2", (REFUSED, REFUSED, ALLOWED, ALLOWED)),
    ("containers-common-0.57.json", "crio", "CRI-O up to 1.30", (REFUSED, REFUSED, ALLOWED, ALLOWED)),
    ("containers-common-0.60.json", "podman", "containers/common 0.60", (REFUSED, REFUSED, UNKNOWN_CALL, ALLOWED)),
    ("containers-common-0.60.json", "crio", "CRI-O 1.31 to 1.35.0", (REFUSED, REFUSED, UNKNOWN_CALL, ALLOWED)),
    ("container-libs-46d01fc263.json", "crio", "CRI-O 1.35.1 and newer", (REFUSED, ALLOWED, ALLOWED, ALLOWED)),
]  # fmt: skip


def profiled(file, runtime, title, added, expected):
    container = Container(capabilities=ADDED[added], uid=0, runtime=runtime, profile=file)
    says = [] if expected == ALLOWED else [title]
    return contained(f"{title}, {added} added", expected, "none", container, group="profile", says=says,
                     needs=("python3-seccomp",))  # fmt: skip


DEFAULT_PROFILES = [profiled(file, runtime, title, added, answer) for file, runtime, title, answers in PROFILES
                    for added, answer in zip(ADDED, answers)]  # fmt: skip


def profile_beside(name, expected, variety, container, **options):
    return contained(name, expected, variety, container, group="profile", needs=("python3-seccomp",), **options)


BESIDE_PROFILES = [
    profile_beside("an old one, and no_new_privs behind a shell", "seccomp_eperm", "p",
                   dataclasses.replace(BARRED, runtime="docker", profile="docker-20.10.json"), entrypoint="shell",
                   also=["no_new_privs_dropped_perfmon"]),
    profile_beside("an old one, and a user namespace", "seccomp_eperm", "ep",
                   dataclasses.replace(GRANTED, users=SUBORDINATE, profile="containerd-1.6.8.json"),
                   also=["user_namespace"]),
    profile_beside("a new one, and the image lost the file capability", "image_lacks_file_capability", "none",
                   dataclasses.replace(GRANTED, profile="containerd-1.6.9.json")),
    profile_beside("a new one, all dropped, =p", "seccomp_eperm", "p",
                   dataclasses.replace(DROPPED, profile="containerd-1.6.9.json"),
                   also=["bounding_set_lacks_perfmon"]),
    profile_beside("BPF and PERFMON added, CRI-O 1.31 to 1.35.0", "seccomp_eperm", "none",
                   Container(capabilities=(PERFMON, "CAP_BPF"), uid=0, runtime="crio",
                             profile="containers-common-0.60.json")),
]  # fmt: skip


def foretold():
    """The init container's preflight, and then the program in the same container."""
    before = report_of(run_in(DROPPED, [f"/ep/{PREFLIGHT}", "probe", "--format=json", *SOFTWARE], run))
    after = run_in(DROPPED, ["/ep/perf-exporter", "--version"], run)
    ids = [finding["id"] for finding in before["findings"]]
    found = judge_report(after, None, (), ())
    is_foretold = "main_program_exec_refused" in ids
    return Found(f"{found.top}, as foretold" if is_foretold else found.top, found.problems)


SCENARIOS = [
    *CAPABILITIES,
    Scenario("oci", "all dropped: an init container, then the program", (f"{EXEC_REFUSED}, as foretold",), foretold,
             ("runc",)),
    *SURROUNDINGS,
    *DEFAULT_PROFILES,
    *BESIDE_PROFILES,
]  # fmt: skip
