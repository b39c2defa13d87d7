"""The preflight of the program beside it: what it says before, and whether the kernel then does as foreseen."""

import starts
from board import Found, Scenario
from probing import SOFTWARE, is_exec_refused, names, probed, report_of, run
from starts import PREFLIGHT, nobody, program

NO_PERFMON = "--bounding-set=-perfmon"
BOUNDED = "bounding_set_lacks_perfmon"
REFUSED = "main_program_exec_refused"


def preflight(name, expected, start, variety, **options):
    return probed("preflight", name, expected, [*start, program(variety, PREFLIGHT)], **options)


JUDGED = [
    preflight("the program starts", "permitted", nobody(), "ep", also=["main_program_starts"]),
    preflight("bounding set lacks it, =ep", BOUNDED, nobody(NO_PERFMON), "ep", also=[REFUSED]),
    preflight("bounding set lacks it, =p: it starts", BOUNDED, nobody(NO_PERFMON), "p", also=["main_program_starts"]),
    preflight("bounding set lacks the second of two, =ep", REFUSED, nobody("--bounding-set=-sys_admin"), "both_ep"),
    preflight("the program's file without capability", "main_program_lacks_perfmon", nobody(), "none"),
    preflight("another capability on the program's file", "main_program_lacks_perfmon", nobody(), "other"),
    preflight("the program's file for another root (v3)", "main_program_lacks_perfmon", nobody(), "of_other_root"),
    preflight("no program beside it", "main_program_missing", nobody(), "no_main"),
    preflight("the program may not be executed by others", "main_program_not_executable", nobody(), "no_others"),
    preflight("the program on a noexec mount", "main_program_not_executable",
              [*starts.in_mount_namespace("mount --bind noexec/ep/perf-exporter ep/perf-exporter"), *nobody()], "ep"),
    preflight("both on a nosuid mount", "nosuid_mount", nobody(), "nosuid/ep", also=["main_program_nosuid"]),
    preflight("the program alone on a nosuid mount", "main_program_nosuid",
              [*starts.in_mount_namespace("mount --bind nosuid/ep/perf-exporter ep/perf-exporter"), *nobody()], "ep"),
    preflight("no_new_privs behind a shell", "no_new_privs_dropped_perfmon", nobody("--no-new-privs"), "ep"),
    preflight("root, the program's file without capability", ("main_program_lacks_perfmon", "permitted"), [], "none"),
]  # fmt: skip

FORESEEN = {
    (True, True): "refused, as foreseen",
    (False, False): "started, as foreseen",
    (False, True): "started, foreseen as refused",
    (True, False): "refused, not foreseen",
}


def compare(start, variety):
    before = report_of(run([*start, program(variety, PREFLIGHT), "probe", "--format=json", *SOFTWARE]))
    then = run([*start, program(variety), "--version"])
    ids = [finding["id"] for finding in before["findings"]]
    problems = [] if then.returncode == 0 or is_exec_refused(then) else [f"{then.returncode}: {then.stderr}"]
    return Found(FORESEEN[is_exec_refused(then), REFUSED in ids], problems)


def foreseen(name, is_refused, start, variety):
    expected = FORESEEN[is_refused, is_refused]
    return Scenario("foresight", name, names(expected), lambda: compare(start, variety))


FORESIGHT = [
    foreseen("=ep", False, nobody(), "ep"),
    foreseen("=ep, bounding set lacks it", True, nobody(NO_PERFMON), "ep"),
    foreseen("=ep, empty bounding set", True, nobody("--bounding-set=-all"), "ep"),
    foreseen("=p, bounding set lacks it", False, nobody(NO_PERFMON), "p"),
    foreseen("=eip, bounding set lacks it", True, nobody(NO_PERFMON), "eip"),
    foreseen("=eip, bounding set lacks it, inherited", False,
             nobody(NO_PERFMON, inherits="+perfmon"), "eip"),
    foreseen("=ei, bounding set lacks it", False, nobody(NO_PERFMON), "ei"),
    foreseen("two with =ep, bounding set lacks one", True, nobody("--bounding-set=-sys_admin"), "both_ep"),
    foreseen("two with =p, bounding set lacks one", False, nobody("--bounding-set=-sys_admin"), "both"),
    foreseen("another one with =ep, bounding set lacks that", True, nobody("--bounding-set=-net_raw"), "other_ep"),
    foreseen("=ep with an unknown bit", False, nobody(), "beside_unknown_bit_ep"),
    foreseen("=ep of an unknown bit alone, empty bounding set", False,
             nobody("--bounding-set=-all"), "unknown_bit_ep"),
    foreseen("=ep, no_new_privs", False, nobody("--no-new-privs"), "ep"),
    foreseen("=ep, bounding set lacks it, no_new_privs", True, nobody(NO_PERFMON, "--no-new-privs"), "ep"),
    foreseen("=ep, bounding set lacks it, nosuid mount", False, nobody(NO_PERFMON), "nosuid/ep"),
    foreseen("=ep, bounding set lacks it, root", True, ["setpriv", NO_PERFMON, *starts.SHELL], "ep"),
]  # fmt: skip

SCENARIOS = [*JUDGED, *FORESIGHT]
