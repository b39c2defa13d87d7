"""What the machine tells of itself is covered, wrong or missing: the list of its CPUs, their packages, what it is."""

import json
import pathlib
import subprocess
import sys

import starts
from board import Found, Scenario
from probing import SOFTWARE, has_pmu, names, probed, report_of, run
from starts import program

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "e2e"))
import harness  # noqa: E402

CPUS = "/sys/devices/system/cpu"
ONLINE = harness.online_cpus()
LAST = ONLINE[-1]
WITHOUT_LAST = ",".join(map(str, ONLINE[:-1]))
BY_NODE = (*SOFTWARE, "--aggregate=node")
BY_PACKAGE = (*SOFTWARE, "--aggregate=package")
CYCLES = ("--collector=cycles", "--path.sysfs=/mnt/sys", "--path.procfs=/mnt/proc")
FAULTS = 50_000


def covered(path, text):
    """A line of a script: the file shows this text instead, as by lxcfs."""
    return f"echo '{text}' > /mnt/cover; mount --bind /mnt/cover {path}"


def behind(*lines):
    """Starts where these lines of a script were run, with a file system of its own on /mnt."""
    return starts.in_mount_namespace("\n".join(["mount -t tmpfs tmpfs /mnt", *lines]))


def whole_machine():
    """The sum over the node rises by what the CPU does that the covered list does not name."""
    with harness.Exporter(*BY_NODE, program=[*behind(covered(f"{CPUS}/online", WITHOUT_LAST)), program("none")]) as own:
        before = own.scrape().value("perf_node_page_faults_total")
        load = [sys.executable, str(TESTS / "e2e/load.py"), str(LAST), str(FAULTS), "10"]
        subprocess.run(load, check=True, capture_output=True, timeout=harness.PATIENCE_SECONDS)
        page = own.scrape()
    problems = []
    if (risen := page.value("perf_node_page_faults_total") - before) < FAULTS:
        problems.append(f"perf_node_page_faults_total rose by {risen}, CPU {LAST} alone had {FAULTS}")
    on = page.value("perf_exporter_event_cpus", event="page_faults", scope="cpu", status="counting")
    if on != len(ONLINE):
        problems.append(f"page_faults count on {on} CPUs of {len(ONLINE)}")
    found = page.findings() - {"permitted"}
    return Found(found.pop() if len(found) == 1 else str(found), problems)


def no_sum_by_package():
    """No series has a package that is none."""
    hidden = [f"for f in {CPUS}/cpu*/topology/physical_package_id; do", covered("$f", "-1"), "done"]
    command = [*behind(*hidden), program("none")]
    with harness.Exporter(*BY_PACKAGE, program=command) as exporter:
        page = exporter.scrape()
    problems = [f"served: {name} {dict(labels)}" for name, labels in page.series() if name.startswith("perf_package_")]
    with harness.Exporter(*SOFTWARE, program=command) as exporter:
        packages = {dict(labels)["package"] for labels in exporter.scrape().values("perf_cpu_info")}
    if packages != {""}:
        problems.append(f"perf_cpu_info has the packages {packages}")
    report = report_of(run([*command, "probe", "--format=json", *BY_PACKAGE]))
    if "package_unknown" not in page.findings():
        problems.append(f"served findings: {page.findings()}")
    return Found(report["findings"][0]["id"], problems)


def tree(properties):
    """Lines of a script: a machine of Arm without DMI and without a PMU, described by its device tree."""
    lines = [
        "mkdir -p /mnt/proc /mnt/sys/bus/event_source/devices /mnt/sys/devices /mnt/sys/firmware/devicetree/base",
        "for name in self thread-self sys version cmdline cgroups; do ln -s /proc/$name /mnt/proc/$name; done",
        r"printf 'processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n' > /mnt/proc/cpuinfo",
        "ln -s /sys/devices/system /mnt/sys/devices/system",
    ]
    for name, value in properties.items():
        place = f"/mnt/sys/firmware/devicetree/base/{name}"
        lines += [f"mkdir -p $(dirname {place})", f"printf '{value}\\0' > {place}"]
    return lines


def advised(name, kind, says, never, lines):
    """The probe knows what the machine is and advises what helps there, and nothing that does not."""

    def look():
        report = report_of(run([*behind(*lines), program("none"), "probe", "--format=json", *CYCLES]))
        top = report["findings"][0]
        text = json.dumps([top["summary"], top["evidence"], top["fix"]])
        problems = [f"does not say '{piece}': {text}" for piece in says if piece not in text]
        problems += [f"says '{piece}': {text}" for piece in never if piece in text]
        if report["facts"]["hypervisor"] != kind:
            problems.append(f"hypervisor: {report['facts']['hypervisor']}, not {kind}")
        return Found(top["id"], problems)

    return Scenario("masked", name, ("no_pmu",), look)


SCENARIOS = [
    probed("masked", "lxcfs over the list of online CPUs", "cpus_masked",
           [*behind(covered(f"{CPUS}/online", WITHOUT_LAST)), program("none")],
           says=[f"CPU {LAST} is counted all the same"], needs=("two_cpus",)),
    Scenario("masked", "lxcfs, and the sum over the whole machine", names("cpus_masked"), whole_machine, ("two_cpus",)),
    probed("masked", "a list of more CPUs than there can be", "cpus_masked",
           [*behind(covered(f"{CPUS}/online", f"0-{LAST + 64}")), program("none")],
           says=[f"online 0-{LAST + 64},"]),
    Scenario("masked", "no package known, and sums by package wanted", names("package_unknown"), no_sum_by_package),
]  # fmt: skip
if not has_pmu():
    SCENARIOS += [
        advised("a board of Arm without DMI", "none", ["Raspberry Pi 4 Model B", "hw perfevents", "pmu node"],
                ["virtual machine", "vPMU", "pmu state"],
                tree({"model": "Raspberry Pi 4 Model B Rev 1.4", "compatible": "raspberrypi,4-model-b"})),
        advised("a guest of QEMU on Arm without DMI", "kvm", ["pmu state"], ["hw perfevents"],
                tree({"compatible": "linux,dummy-virt", "fw-cfg@9020000/compatible": "qemu,fw-cfg-mmio"})),
    ]  # fmt: skip
