"""What `probe --trace` proves in the guest, and that the finding reached without privilege agrees. The cases are those of
guest/trace_cases.sh, each a line of its own."""

TRACE_SECONDS = 300


def _play(guest, group, at_least):
    status, output = guest.run(f"sh /trace/trace_cases.sh {group}", TRACE_SECONDS)
    print(output, flush=True)
    lines = [line for line in output.splitlines() if line.startswith("CASE ")]
    failed = [line for line in lines if not line.endswith(" ok")]
    assert status == 0 and not failed, output
    assert len(lines) >= at_least, output


def the_kernel_bears_witness(guest):
    _play(guest, "base", 18)


def tracing_leaves_nothing_behind(guest):
    _play(guest, "cleanup", 8)


def apparmor_is_proved(guest):
    _play(guest, "apparmor", 2)


def selinux_is_proved(guest):
    _play(guest, "selinux", 5)


def without_kprobes_less_is_proved(guest):
    _play(guest, "fallback", 5)
