"""What the probe finds behind Debian's gate, with other boot parameters and other cgroup hierarchies."""

import cases

# What is on top for a user whose file carries the capability, by perf_event_paranoid.
GATE = {
    "": {2: "file_capability_missing", 3: "file_capability_missing", 4: "file_capability_missing"},
    "cap_perfmon": {2: "permitted", 3: "debian_gate", 4: "debian_gate"},
    "cap_sys_admin": {2: "permitted", 3: "permitted", 4: "permitted"},
}


def _on_top(guest, *arguments, start=(cases.PLAIN,)):
    """The id of the first finding, and all of them."""
    _, findings, _ = cases.probe(guest, start, *arguments)
    return findings[0], findings


def the_gate_by_level_and_capability(guest):
    """Debian's patch takes CAP_SYS_ADMIN alone from level 3 on; nothing but the gate may be blamed for that."""
    path = "/usr/bin/perf-exporter-gate"
    found = {}
    for capability, levels in GATE.items():
        guest.check(f"cp {cases.PLAIN} {path}" + (f" && setcap {capability}=ep {path}" if capability else ""))
        for level in levels:
            guest.set_paranoid(level)
            found.setdefault(capability, {})[level] = _on_top(
                guest, "--collector=software", start=cases.as_nobody(path))[0]
    assert found == GATE, found


def without_a_capability_the_gate_is_named_too(guest):
    guest.set_paranoid(3)
    top, findings = _on_top(guest, start=cases.as_nobody(cases.PLAIN))
    assert top == "file_capability_missing" and "debian_gate" in findings, findings


def a_cgroup_below_the_v2_root_is_counted(guest):
    guest.set_paranoid(2)
    guest.check("mkdir -p /sys/fs/cgroup/some")
    top, findings = _on_top(guest, "--scope=cpu,cgroup", "--collector=software")
    assert top == "permitted", findings


def perf_on_a_v1_hierarchy_is_named(guest):
    """Behind the case that mounts it: /sys/fs/cgroup is v2's still."""
    top, findings = _on_top(guest, "--scope=cpu,cgroup", "--collector=software")
    assert top == "cgroup_other_hierarchy", findings
    arguments = ("--scope=cpu,cgroup", "--collector=software", "--path.cgroupfs=/tmp/v1")
    top, findings = _on_top(guest, *arguments)
    assert top == "permitted", findings


def a_root_that_never_delegated_is_named(guest):
    guest.check("mkdir -p /sys/fs/cgroup/some")
    _, findings, report = cases.probe(guest, (cases.PLAIN,), "--scope=cpu,cgroup", "--collector=software")
    assert findings[0] == "cgroup_root_never_delegated", findings
    cases.follow(guest, report, "cgroup_root_never_delegated")
    top, findings = _on_top(guest, "--scope=cpu,cgroup", "--collector=software")
    assert top == "permitted", findings


def a_disabled_controller_is_named(guest):
    top, findings = _on_top(guest, "--scope=cpu,cgroup", "--collector=software")
    assert top == "cgroup_perf_disabled", findings


def an_offline_cpu_tells_nothing(guest):
    """The list of online CPUs is recorded, and the CPU that it names is off: what happens between two looks."""
    guest.set_paranoid(2)
    guest.check("mkdir -p /tmp/sys/devices/system/cpu && echo 1 > /tmp/sys/devices/system/cpu/online")
    guest.write("/sys/devices/system/cpu/cpu1/online", "0")
    top, findings = _on_top(guest, "--collector=software", "--path.sysfs=/tmp/sys")
    guest.write("/sys/devices/system/cpu/cpu1/online", "1")
    assert top == "cpu_offline", findings


def lockdown_does_not_hinder_counting(guest):
    assert "[confidentiality]" in guest.check("mount -t securityfs securityfs /sys/kernel/security 2> /dev/null; "
                                              "cat /sys/kernel/security/lockdown")  # fmt: skip
    guest.set_paranoid(2)
    top, findings = _on_top(guest, "--collector=software", start=cases.with_file_capability(guest))
    assert top == "permitted", findings
