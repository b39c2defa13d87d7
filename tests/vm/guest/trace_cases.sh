#!/bin/sh
# trace_cases.sh [GROUP...]: `probe --trace` in situations whose cause is known; for a guest's root, with the
# busybox shell. It needs tracefs, and in PATH: perf-exporter and situation (situation.cpp, static).
#
#   base      the distribution's gate, paranoid levels, user namespace, no PMU, seccomp, descriptors, another
#             user's process, --pid                                 (Debian's kernels, which have the gate)
#   apparmor  a profile without the capability     (needs apparmor_parser; PROFILE, default /trace/perf_test.apparmor)
#   selinux   a type without one permission   (boot with security=selinux; POLICY, default /trace/perf_test.policy)
#   fallback  the same where the kernel has no kprobe events
#   cleanup   tracefs is as it was, also after SIGTERM, and after SIGKILL and a second run
#   lockdown  that nothing can be traced is said               (boot with lockdown=confidentiality)
#
# One line a case: CASE NAME expected=CAUSES found=CAUSES method=METHOD unprivileged=FINDINGS ok|FAIL. A case is
# ok where the causes that the kernel's record proves are the expected ones, and one of the findings that the
# same program reaches in the same situation without privilege is among them. The last line counts; the exit
# status is the number of failures.
# Groups are called by their names.
# shellcheck disable=SC2317
TRACING=${TRACING:-/sys/kernel/tracing}
LEVEL=/proc/sys/kernel/perf_event_paranoid
PROFILE=${PROFILE:-/trace/perf_test.apparmor}
POLICY=${POLICY:-/trace/perf_test.policy}
PREFIX=${PREFIX:-}
passed=0 failed=0
scratch=$(mktemp -d)
level_before=$(cat $LEVEL)
trap 'echo "$level_before" > "$LEVEL"; rm -rf "$scratch"' EXIT

verdict() { # verdict NAME CONDITION-STATUS TEXT
  if [ "$2" = 0 ]; then passed=$((passed + 1)) word=ok; else failed=$((failed + 1)) word=FAIL; fi
  echo "CASE $PREFIX$1 $3 $word"
  if [ "$word" = FAIL ] && [ -e "$scratch/trace" ]; then
    cut -c1-600 "$scratch/trace" "$scratch/error" | sed 's/^/  | /'
  fi
}

# The ids of the first call's causes, as CAUSE+CAUSE; of all findings, as FINDING,FINDING.
causes_of() { sed -n 's/.*"calls":\[\({.*\)/\1/p' "$1" | grep -o '"causes":\[[^]]*\]' | head -n 1 | grep -o '"id":"[a-z_]*"' | cut -d'"' -f4 | tr '\n' '+' | sed 's/+$//'; }
method_of() { grep -o '"method":"[a-z_]*"' "$1" | cut -d'"' -f4; }
findings_of() { grep -o '"id":"[a-z_]*","severity":"[a-z]*"' "$1" | cut -d'"' -f4,8 | sed 's/\(.*\)"\(.*\)/\2:\1/' | tr '\n' ',' | sed 's/,$//'; }

# Whether what the witness proves is among the findings.
agrees() { # agrees CAUSES FINDINGS
  for cause in $(echo "$1" | tr + ' '); do
    case ",$2," in *:$cause,*) return 0 ;; esac
  done
  return 1
}

# seen NAME CAUSES OPTION...: perf-exporter probe in a situation, watched from outside and asked itself.
seen() {
  name=$1 expected=$2
  shift 2
  perf-exporter probe --trace --format json -- situation "$@" -- perf-exporter probe --format json > "$scratch/trace" 2> "$scratch/error"
  situation "$@" -- perf-exporter probe --format json > "$scratch/probe" 2> /dev/null
  found=$(causes_of "$scratch/trace")
  findings=$(findings_of "$scratch/probe")
  [ "$found" = "$expected" ] && agrees "$found" "$findings"
  verdict "$name" $? "expected=$expected found=$found method=$(method_of "$scratch/trace") unprivileged=$findings"
}

# opened NAME CAUSES OPTION...: the same for an open of situation's own; there are no findings.
opened() {
  name=$1 expected=$2
  shift 2
  perf-exporter probe --trace --format json -- situation "$@" > "$scratch/trace" 2> "$scratch/error"
  found=$(causes_of "$scratch/trace")
  [ "$found" = "$expected" ]
  verdict "$name" $? "expected=$expected found=$found method=$(method_of "$scratch/trace") unprivileged=-"
}

base() {
  echo 3 > "$LEVEL"
  seen gate_perfmon debian_gate --user 65534 --caps perfmon
  seen gate_none debian_gate --user 65534 --caps none
  seen gate_namespace user_namespace+debian_gate --user 65534 --caps none --user-namespace
  echo 2 > "$LEVEL"
  seen level_2_none paranoid_restricts --user 65534 --caps none
  echo 1 > "$LEVEL"
  seen level_1_none paranoid_restricts --user 65534 --caps none
  echo 2 > "$LEVEL"
  seen namespace user_namespace --user 65534 --caps none --user-namespace
  seen namespace_of_root user_namespace --user-namespace
  for answer in 1:eperm 38:enosys 13:errno kill:kill; do
    seen "seccomp_${answer#*:}" "seccomp_${answer#*:}" --user 65534 --caps perfmon --seccomp "${answer%:*}"
  done
  opened descriptors descriptors_exhausted --user 65534 --caps none --files 3 --open user
  opened other_user other_users_process --user 65534 --caps none --open 1
  opened whole_cpu paranoid_restricts --user 65534 --caps none --open cpu
  opened allowed permitted --user 65534 --caps perfmon --open cpu
  own no_pmu no_pmu
  by_pid
  impossible not_root run_as_root situation --user 65534 --caps perfmon -- perf-exporter probe --trace
}

# own NAME CAUSE: root's own trials, made again: the agreement is in the report itself.
own() {
  perf-exporter probe --trace --format json > "$scratch/trace" 2> "$scratch/error"
  found=$(causes_of "$scratch/trace")
  [ "$found" = "$2" ] && grep -q '"agreement":{"verdict":"agrees"' "$scratch/trace"
  verdict "$1" $? "expected=$2 found=$found method=$(method_of "$scratch/trace") unprivileged=$(findings_of "$scratch/trace")"
}

by_pid() {
  situation --user 65534 --caps none --wait 3000 --open kernel > /dev/null &
  watched=$!
  perf-exporter probe --trace --pid "$watched" --format json > "$scratch/trace" 2> "$scratch/error"
  found=$(causes_of "$scratch/trace")
  wait "$watched"
  [ "$found" = paranoid_restricts ]
  verdict by_pid $? "expected=paranoid_restricts found=$found method=$(method_of "$scratch/trace") unprivileged=-"
}

apparmor() {
  mount -t securityfs none /sys/kernel/security 2> /dev/null
  apparmor_parser -K -r "$PROFILE" || verdict apparmor_loads 1 "expected=a-profile found=none"
  echo 2 > "$LEVEL"
  seen apparmor apparmor_denies_capability --user 65534 --caps perfmon --label "exec perf_test"
  echo 3 > "$LEVEL"
  seen apparmor_and_gate apparmor_denies_capability+debian_gate --user 65534 --caps sys_admin --label "exec perf_test"
}

selinux() {
  mount -t selinuxfs none /sys/fs/selinux 2> /dev/null
  cat "$POLICY" > /sys/fs/selinux/load || verdict selinux_loads 1 "expected=a-policy found=none"
  echo 1 > /sys/fs/selinux/enforce
  echo 2 > "$LEVEL"
  seen selinux_open lsm_denies_open --user 65534 --caps perfmon --label u:r:no_open_t
  seen selinux_kernel lsm_denies_kernel --user 65534 --caps perfmon --label u:r:no_kernel_t
  seen selinux_cpu lsm_denies_cpu --user 65534 --caps perfmon --label u:r:no_cpu_t
  seen selinux_capability lsm_denies_capability --user 65534 --caps perfmon --label u:r:no_perfmon_t
  echo 3 > "$LEVEL"
  seen selinux_beside_gate debian_gate --user 65534 --caps perfmon --label u:r:no_open_t
  echo 0 > /sys/fs/selinux/enforce
}

# Where kprobe_events cannot be written, as in a kernel without it. What capability the caller held is then not
# on record, so that a user namespace is one of two possible causes.
fallback() {
  PREFIX=${PREFIX:-fallback_}
  [ ! -e "$TRACING/kprobe_events" ] || mount -o bind /dev/full "$TRACING/kprobe_events"
  if grep -q Debian /proc/version; then  # the kernel's sources, if not its package
    echo 3 > "$LEVEL"
    seen gate_perfmon debian_gate --user 65534 --caps perfmon
  fi
  echo 2 > "$LEVEL"
  seen level_2_none paranoid_restricts+user_namespace --user 65534 --caps none
  seen namespace paranoid_restricts+user_namespace --user 65534 --caps none --user-namespace
  seen seccomp seccomp_eperm --user 65534 --caps perfmon --seccomp 1
  own no_pmu no_pmu
  umount "$TRACING/kprobe_events" 2> /dev/null
  PREFIX=
}

# All that others may have set in tracefs.
snapshot() {
  ls "$TRACING/instances"
  for file in kprobe_events dynamic_events tracing_on current_tracer set_event_pid set_event set_ftrace_filter set_ftrace_pid trace_options trace_clock buffer_size_kb enabled_functions; do
    echo "$file: $(cat "$TRACING/$file" 2> /dev/null)"
  done
}

same_as_before() { # same_as_before NAME
  snapshot > "$scratch/after"
  cmp -s "$scratch/before" "$scratch/after"
  same=$?
  found=unchanged
  [ "$same" = 0 ] || found=$(diff "$scratch/before" "$scratch/after" | tr '\n ' '/_')
  verdict "$1" "$same" "expected=unchanged found=$found"
}

count_instances() {
  set -- "$TRACING"/instances/perf_exporter_*
  if [ -e "$1" ]; then echo $#; else echo 0; fi
}

# Waits until a watched run has its instance.
wait_for_instance() {
  for _ in $(seq 100); do
    [ "$(count_instances)" = 0 ] || return
    usleep 50000
  done
}

# Waits until the run of this process has its probes, where the kernel has any.
wait_for_probes() {
  [ -e "$TRACING/kprobe_events" ] || return 0
  for _ in $(seq 100); do
    if grep -q ":perf_exporter_$1/" "$TRACING/kprobe_events"; then return; fi
    usleep 50000
  done
}

cleanup() {
  rm -f "$scratch/trace"
  echo 2 > "$LEVEL"
  snapshot > "$scratch/before"
  perf-exporter probe --trace > /dev/null
  same_as_before cleanup_after_a_run
  for number in TERM INT HUP; do
    perf-exporter probe --trace -- sleep 100 > /dev/null &
    traced=$!
    wait_for_instance
    usleep 300000
    kill "-$number" "$traced"
    wait "$traced"
    same_as_before "cleanup_after_SIG$number"
  done
  perf-exporter probe --trace -- sleep 30 > /dev/null &
  traced=$!
  wait_for_instance
  wait_for_probes "$traced"
  kill -KILL "$traced"
  wait "$traced" 2> /dev/null
  left=$(count_instances)
  [ "$left" = 1 ] && { [ ! -e "$TRACING/kprobe_events" ] || grep -q ":perf_exporter_$traced/" "$TRACING/kprobe_events"; }
  verdict cleanup_left_by_SIGKILL $? "expected=one-instance-of-$traced found=$left"
  perf-exporter probe --trace > /dev/null
  same_as_before cleanup_by_the_next_run
  beside_another
}

# A run leaves alone what a living one has made.
beside_another() {
  perf-exporter probe --trace --format json -- situation --wait 2000 --user 65534 --caps none --open kernel > "$scratch/trace" 2> "$scratch/error" &
  traced=$!
  wait_for_instance
  perf-exporter probe --trace > /dev/null
  wait "$traced"
  found=$(causes_of "$scratch/trace")
  [ "${found%+user_namespace}" = paranoid_restricts ]
  verdict beside_another $? "expected=paranoid_restricts found=$found"
  same_as_before cleanup_after_two_at_once
}

# impossible NAME TEXT COMMAND...: the report says why nothing can be traced.
impossible() {
  name=$1 text=$2
  shift 2
  "$@" > "$scratch/trace" 2> "$scratch/error"
  found=$(sed -n 's/^  impossible: //p' "$scratch/trace" | tr ' ' _)
  echo "$found" | grep -q "$text"
  verdict "$name" $? "expected=$text found=$found"
}

lockdown() {
  impossible lockdown lockdown=confidentiality perf-exporter probe --trace
}

[ $# -gt 0 ] || set -- base cleanup
for group in "$@"; do
  $group
done
echo "$passed passed, $failed failed"
exit $failed
