"""Which cases and which tests of tests/kernel run on which machine."""

import cases
import permission_cases
import profile_cases
import witness_cases
from guest import Machine

# Lets the guest's clock run ahead of ours where it idles: what waits inside needs not wait outside.
AHEAD = "shift=1,sleep=off"
ONE_CPU = Machine("one-cpu", "arm64", cpus=1, clock=AHEAD)
TWO_CPUS = Machine("two-cpus", "arm64", cpus=2)
NO_PMU = Machine("no-pmu", "arm64", cpus=2, pmu=False, append="maxcpus=1")
AMD64 = Machine("amd64", "amd64", cpus=2)
AMD64_BARE = Machine("amd64-bare-cgroups", "amd64", cpus=1, append="bench.bare_cgroups lockdown=confidentiality")
AMD64_TRACE = Machine("amd64-trace", "amd64", cpus=1)
AMD64_SELINUX = Machine("amd64-selinux", "amd64", cpus=1, append="security=selinux cgroup_disable=perf_event")

PERMISSIONS = (
    cases.the_gate_stands_at_boot,
    permission_cases.the_gate_by_level_and_capability,
    permission_cases.without_a_capability_the_gate_is_named_too,
    cases.a_user_with_the_file_capability_counts,
    cases.a_user_without_a_capability_is_told_why,
    cases.a_user_without_a_capability_counts_at_level_0,
    cases.debians_gate_is_named_and_its_fix_helps,
    cases.root_counts_behind_debians_gate,
)

# In this order: the last ones change the guest for good.
CASES = {
    ONE_CPU: (
        cases.the_gate_stands_at_boot,
        cases.a_running_exporter_counts_once_it_may,  # in half a minute, which passes in no time on a clock that runs ahead
        cases.an_event_that_never_moves_is_not_shown,
    ),
    TWO_CPUS: (
        *PERMISSIONS,
        profile_cases.the_shipped_profile_lacks_no_call,
        cases.descriptors_that_run_out_leave_the_server_answering,
        cases.a_cpu_goes_and_comes_back,
        cases.a_cpu_that_was_off_between_two_looks_is_noticed_unscraped,
    ),
    NO_PMU: (cases.a_cpu_that_was_never_online_is_counted_once_it_is, cases.without_a_pmu_software_events_count),
    AMD64: (
        *PERMISSIONS,
        cases.without_a_pmu_software_events_count,
        profile_cases.the_shipped_profile_lacks_no_call,
        cases.a_cpu_goes_and_comes_back,
        cases.a_cpu_that_was_off_between_two_looks_is_noticed_unscraped,
        permission_cases.an_offline_cpu_tells_nothing,
        permission_cases.a_cgroup_below_the_v2_root_is_counted,
        cases.events_of_a_cgroup_open_where_its_hierarchy_is,
        permission_cases.perf_on_a_v1_hierarchy_is_named,
        cases.a_user_counts_beside_a_v1_hierarchy,
    ),
    AMD64_BARE: (
        permission_cases.a_root_that_never_delegated_is_named,
        permission_cases.lockdown_does_not_hinder_counting,
    ),
    AMD64_TRACE: (
        witness_cases.the_kernel_bears_witness,
        witness_cases.tracing_leaves_nothing_behind,
        witness_cases.apparmor_is_proved,
        witness_cases.without_kprobes_less_is_proved,
    ),
    AMD64_SELINUX: (permission_cases.a_disabled_controller_is_named, witness_cases.selinux_is_proved),
}

# What a run by --short leaves out, for it takes minutes.
LONG = (witness_cases.tracing_leaves_nothing_behind, witness_cases.without_kprobes_less_is_proved)


def short():
    return {machine: tuple(case for case in played if case not in LONG) for machine, played in CASES.items()}


# GoogleTest's filters.
IN_GUEST = {
    ONE_CPU: ("Exact*", "Multiplexing*", "Competition*", "Grouping*", "Truth*", "SoftwareGroups*"),
    TWO_CPUS: ("SoftwareGroups*",),
    NO_PMU: ("SoftwareGroups*",),
    AMD64: ("SoftwareGroups*",),
}
