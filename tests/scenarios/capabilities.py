"""What a process may hold and what its file gives it: bounding set, no_new_privs, ambient set, root."""

import starts
from probing import EXEC_REFUSED, NO_FILE_CAPABILITY, probed
from starts import ambient, nobody, program

NO_PERFMON = "--bounding-set=-perfmon"
NO_NEW_PRIVS = "--no-new-privs"
LACKS = "file_capability_lacks_perfmon"
BOUNDED = "bounding_set_lacks_perfmon"
CLAMPED = "no_new_privs_dropped_perfmon"


def capability(name, expected, command, **options):
    return probed("capability", name, expected, command, **options)


FILES = [
    capability("file without one", NO_FILE_CAPABILITY, [*nobody(), program("none")], says=["setcap cap_perfmon=ep"]),
    capability("cap_perfmon=p, raised by the program", "permitted", [*nobody(), program("p")]),
    capability("cap_perfmon=ep", "permitted", [*nobody(), program("ep")]),
    capability("cap_perfmon=eip", "permitted", [*nobody(), program("eip")]),
    capability("another one on the file", LACKS, [*nobody(), program("other")], says=["setcap"]),
    capability("cap_sys_admin=p instead", "permitted", [*nobody(), program("sys_admin")]),
    capability("cap_sys_admin=ep instead", "permitted", [*nobody(), program("sys_admin_ep")]),
    capability("cap_perfmon,cap_sys_admin=p", "permitted", [*nobody(), program("both")]),
    capability("inheritable on the file alone", LACKS, [*nobody(), program("i")]),
    capability("inheritable on the file and in the process", "permitted",
               [*nobody(inherits="+perfmon"), program("i")]),
    capability("a bit that the kernel does not know", LACKS, [*nobody(), program("unknown_bit")]),
    capability("=ep of a bit that the kernel does not know", LACKS, [*nobody(), program("unknown_bit_ep")]),
    capability("=ep, and a bit that the kernel does not know", "permitted",
               [*nobody(), program("beside_unknown_bit_ep")]),
    capability("for the root of another user namespace (v3)", LACKS, [*nobody(), program("of_other_root")],
               says=["user namespace of uid 1000"]),
    capability("for the root of the initial user namespace (v3)", "permitted", [*nobody(), program("of_init_root")]),
    capability("lost by cp", NO_FILE_CAPABILITY, [*nobody(), program("lost_by_cp")]),
    capability("lost by chown after setcap", NO_FILE_CAPABILITY, [*nobody(), program("lost_by_chown")]),
    capability("lost by a write after setcap", NO_FILE_CAPABILITY, [*nobody(), program("lost_by_write")]),
    capability("file is set-user-ID root instead", "permitted", [*nobody(), program("setuid")]),
]  # fmt: skip

BOUNDING = [
    capability("bounding set lacks it, =p", BOUNDED, [*nobody(NO_PERFMON), program("p")]),
    capability("bounding set lacks it, =ep", EXEC_REFUSED, [*nobody(NO_PERFMON), program("ep")]),
    capability("bounding set lacks it, =eip", EXEC_REFUSED, [*nobody(NO_PERFMON), program("eip")]),
    capability("bounding set lacks it, the process inherits it, =eip", "permitted",
               [*nobody(NO_PERFMON, inherits="+perfmon"), program("eip")]),
    capability("bounding set lacks the second of two, =ep", EXEC_REFUSED,
               [*nobody("--bounding-set=-sys_admin"), program("both_ep")]),
    capability("bounding set lacks the second of two, =p", "permitted",
               [*nobody("--bounding-set=-sys_admin"), program("both")]),
    capability("bounding set lacks the first of two, =p", "permitted", [*nobody(NO_PERFMON), program("both")]),
    capability("bounding set lacks another one", "permitted", [*nobody("--bounding-set=-net_raw"), program("ep")]),
    capability("bounding set is empty", BOUNDED, [*nobody("--bounding-set=-all"), program("p")]),
    capability("bounding set lacks it, file without one", BOUNDED, [*nobody(NO_PERFMON), program("none")],
               also=[NO_FILE_CAPABILITY]),
    capability("bounding set lacks it, another one on the file", BOUNDED, [*nobody(NO_PERFMON), program("other")],
               also=[LACKS]),
    capability("bounding set lacks it, nosuid mount", BOUNDED, [*nobody(NO_PERFMON), program("nosuid/p")],
               also=["nosuid_mount"]),
    capability("bounding set lacks it, no_new_privs", BOUNDED, [*nobody(NO_PERFMON, NO_NEW_PRIVS), program("p")]),
]  # fmt: skip

NO_NEW_PRIVILEGES = [
    capability("no_new_privs behind a shell, =p", CLAMPED, [*nobody(NO_NEW_PRIVS), program("p")]),
    capability("no_new_privs behind a shell, =ep", CLAMPED, [*nobody(NO_NEW_PRIVS), program("ep")]),
    capability("no_new_privs, executed by who holds it, =p", "permitted",
               [*nobody(NO_NEW_PRIVS, holding=True), program("p")]),
    capability("no_new_privs, executed by who holds it, =ep", "permitted",
               [*nobody(NO_NEW_PRIVS, holding=True), program("ep")]),
    capability("no_new_privs, file without one", NO_FILE_CAPABILITY, [*nobody(NO_NEW_PRIVS), program("none")]),
    capability("no_new_privs, another one on the file", LACKS, [*nobody(NO_NEW_PRIVS), program("other")]),
    capability("no_new_privs, set-user-ID root", NO_FILE_CAPABILITY, [*nobody(NO_NEW_PRIVS), program("setuid")]),
]  # fmt: skip

AMBIENT = [
    capability("ambient, file without one", "permitted", [*ambient(), program("none")]),
    capability("ambient and no_new_privs, file without one", "permitted", [*ambient(NO_NEW_PRIVS), program("none")]),
    capability("ambient, cleared by =p, which gives it again", "permitted", [*ambient(), program("p")]),
    capability("ambient, cleared by another one on the file", LACKS, [*ambient(), program("other")]),
]  # fmt: skip

ROOT = [
    capability("root", "permitted", [program("none")]),
    capability("root, no_new_privs", "permitted", ["setpriv", NO_NEW_PRIVS, *starts.SHELL, program("none")]),
    capability("root, bounding set lacks it", "permitted", ["setpriv", NO_PERFMON, *starts.SHELL, program("none")]),
    capability("root, bounding set lacks it and CAP_SYS_ADMIN", BOUNDED,
               ["setpriv", "--bounding-set=-perfmon,-sys_admin", *starts.SHELL, program("none")]),
    capability("root, bounding set lacks it, =ep", EXEC_REFUSED,
               ["setpriv", NO_PERFMON, *starts.SHELL, program("ep")]),
    capability("root that gets nothing for being root (noroot)", "root_lost_perfmon",
               ["setpriv", "--securebits=+noroot", *starts.SHELL, program("none")]),
    capability("root that gets nothing for being root, =ep", "permitted",
               ["setpriv", "--securebits=+noroot", *starts.SHELL, program("ep")]),
]  # fmt: skip

SCENARIOS = [*FILES, *BOUNDING, *NO_NEW_PRIVILEGES, *AMBIENT, *ROOT]
