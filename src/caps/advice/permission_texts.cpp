#include "caps/advice/finding_tables.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kParanoid2 =
    "On the {node} (CAP_PERFMON works from there on; to keep it, a line in /etc/sysctl.d):\n"
    "  sudo sysctl -w kernel.perf_event_paranoid=2";

constexpr FindingText kTexts[] = {
    {"permitted", "The kernel lets this process count in user and kernel mode.", ""},
    {"trials_not_run", "The trial opens could not be made, so nothing is known about permissions.",
     "Allow the process at least one more task (pids limit, RLIMIT_NPROC).", FixEffect::at_restart},

    {"kernel_does_not_answer",
     "A call to the kernel's perf code does not return; what waits for it can't be counted.",
     "Look for what holds the call in front of a sound kernel: a supervisor by seccomp (Seccomp "
     "2), a\n"
     "tracer (TracerPid). It goes on once it is answered; a wedged kernel takes a reboot, and its "
     "log\n"
     "says what hangs:\n"
     "  sudo dmesg | grep -i -e 'blocked for more than' -e perf -e BUG"},

    // In front of perf.
    {"seccomp_eperm",
     "A seccomp filter refuses perf_event_open (EPERM) before the kernel's perf code sees it.",
     "{grant}\n"
     "And, where the default profile is too old to look at it: on the {node}, upgrade\n"
     "{newer_runtime}.",
     FixEffect::at_restart},
    {"seccomp_eperm/no_profile",
     "A seccomp filter refuses perf_event_open (EPERM) before the kernel's perf code sees it.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_eperm/granted",
     "A seccomp filter refuses perf_event_open (EPERM) although CAP_PERFMON is in the bounding "
     "set.",
     "On the {node}, upgrade {newer_runtime}, whose default profile takes CAP_PERFMON.\n"
     "Or: {allow_call}",
     FixEffect::at_restart},
    {"seccomp_enosys",
     "A seccomp filter answers perf_event_open as if the kernel did not have it (ENOSYS).",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_enosys/profile",
     "A seccomp filter answers perf_event_open as if the kernel did not have it (ENOSYS).",
     "On the {node}, upgrade {newer_runtime}, whose default profile takes CAP_PERFMON.\n"
     "Or: {allow_call}",
     FixEffect::at_restart},
    {"seccomp_enosys/sys_admin",
     "A seccomp filter answers perf_event_open as if the kernel did not have it (ENOSYS).",
     "The profile wants both capabilities: add PERFMON beside SYS_ADMIN.\n"
     "{grant_both}\n"
     "Or on the {node}, upgrade {newer_runtime}, whose default profile takes CAP_PERFMON.",
     FixEffect::at_restart},
    {"seccomp_errno",
     "A seccomp filter refuses perf_event_open with an errno that no default profile uses.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_kill", "A seccomp filter ends every process that calls perf_event_open.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_other_calls",
     "A seccomp filter takes system calls that the exporter makes beside perf_event_open; it does "
     "without them.",
     "{allow_call}", FixEffect::at_restart},
    {"seccomp_other_calls/untried",
     "Whether a seccomp filter takes calls that the exporter can do without could not be tried, so "
     "they are left out.",
     "Allow the process at least one more task (pids limit, RLIMIT_NPROC).", FixEffect::at_restart},
    {"kernel_without_perf", "The kernel was built without perf events.",
     "On the {node}, boot a kernel with CONFIG_PERF_EVENTS=y, or use another {node}."},
    {"emulated_kernel",
     "The kernel that answers is not Linux but an emulation without perf, such as gVisor.",
     "{real_kernel}"},
    {"refused_before_perf", "Something in front of the kernel's perf code refuses perf_event_open.",
     "Look for what intercepts system calls of this process: a sandbox, a ptrace supervisor."},

    {"descriptors_exhausted", "No file descriptor is left for an event.",
     "{descriptors}\n"
     "Or, where the answer is ENFILE, the {node} as a whole has none left, which this shows:\n"
     "  cat /proc/sys/fs/file-nr",
     FixEffect::at_restart},

    // Gates that refuse everything.
    {"debian_gate",
     "This kernel has Debian's patch: from perf_event_paranoid 3 on it refuses every open to all "
     "but CAP_SYS_ADMIN.",
     kParanoid2, FixEffect::at_once},
    {"ubuntu_gate",
     "This kernel has Ubuntu's patch: at perf_event_paranoid 4 it refuses every open without "
     "CAP_SYS_ADMIN; only newer ones take CAP_PERFMON.",
     "Upgrade the {node}'s kernel: newer ones of Ubuntu take CAP_PERFMON here. Or on the {node}:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=2",
     FixEffect::at_once},
    {"ubuntu_gate/not_held",
     "This kernel has Ubuntu's patch: at perf_event_paranoid 4 it refuses every open without "
     "CAP_SYS_ADMIN; only newer ones take CAP_PERFMON.",
     "First give the program CAP_PERFMON, as the other findings say: newer kernels of Ubuntu take "
     "it\n"
     "here. Where this one does not, upgrade the {node}'s kernel, or on the {node}:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=2",
     FixEffect::at_once},
    {"hardened_gate",
     "This kernel refuses every open at this perf_event_paranoid level, even with CAP_SYS_ADMIN.",
     "No capability helps: kernels of the linux-hardened kind close perf to root as well. On the\n"
     "{node}:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=2\n"
     "If that is refused, boot another kernel.",
     FixEffect::at_once},
    {"lsm_denies_open",
     "A security module refuses every perf event (SELinux perf_event:open or a BPF LSM).", "{lsm}",
     FixEffect::at_once},
    {"lsm_denies_kernel",
     "A security module refuses events that count kernel mode (SELinux perf_event:kernel).",
     "{lsm}", FixEffect::at_once},
    {"lsm_denies_cpu", "A security module refuses events on a whole CPU (SELinux perf_event:cpu).",
     "{lsm}", FixEffect::at_once},
    {"lsm_denies_read",
     "A security module lets events be opened, but not read (SELinux perf_event:read).", "{lsm}"},
    {"lsm_denies_write",
     "A security module lets events be opened, but not enabled (SELinux perf_event:write).",
     "{lsm}"},
    {"lsm_denies_capability",
     "The process holds the capability, but a security module vetoes it (SELinux "
     "capability2:perfmon).",
     "{lsm}", FixEffect::at_once},
    {"apparmor_denies_capability",
     "The process holds the capability, but its AppArmor profile denies it.",
     "In the profile {profile} on the {node}, add this line:\n"
     "  capability perfmon,\n"
     "And have the kernel take it:\n"
     "  sudo apparmor_parser -r /etc/apparmor.d/FILE",
     FixEffect::at_once},
    {"user_namespace", "The process runs in a user namespace, where no capability counts for perf.",
     "{user_namespace}", FixEffect::at_restart},

    // No capability.
    {"kernel_lacks_perfmon",
     "The kernel is older than 5.8 and knows no CAP_PERFMON; it asks for CAP_SYS_ADMIN.",
     "{grant_sys_admin}\n"
     "Or upgrade the {node}'s kernel to 5.8 or newer.",
     FixEffect::at_restart},
    {"permitted_not_raised", "CAP_PERFMON is permitted, but could not be made effective.",
     "Allow the process capset(2): a security module or a supervisor may refuse it.",
     FixEffect::at_restart},
    {"permitted_not_raised/filtered",
     "CAP_PERFMON is permitted, but could not be made effective: a seccomp filter takes capset.",
     "{allow_call}", FixEffect::at_restart},
    {"bounding_set_lacks_perfmon",
     "CAP_PERFMON is not in the bounding set: the process was started without a way to get it.",
     "{grant}", FixEffect::at_restart},
    {"root_lost_perfmon",
     "The process is root but has given up, or was started without, CAP_PERFMON.",
     "{grant}\n"
     "And see what a root shell has dropped:\n"
     "  capsh --print",
     FixEffect::at_restart},
    {"file_capability_missing",
     "The program's file carries no capability, and nothing else gives it CAP_PERFMON.",
     "{file_capability}", FixEffect::at_restart},
    {"image_lacks_file_capability",
     "The program's file in this container carries no capability: the image never had it, or lost "
     "it on the way.",
     "{file_capability}\n"
     "And find where it was lost: by {builder}, a COPY, cp or\n"
     "chown after setcap, or the storage drivers vfs and btrfs. Look in the built image, then\n"
     "here:\n"
     "  getcap {exe}",
     FixEffect::at_restart},
    {"file_capability_lacks_perfmon",
     "The program's file carries capabilities, but not CAP_PERFMON for this user namespace.",
     "{file_capability}\n"
     "{stale_capability}",
     FixEffect::at_restart},
    {"nosuid_mount", "The program lies on a nosuid mount, where file capabilities are ignored.",
     "{suid_mount}", FixEffect::at_restart},
    {"no_new_privs_dropped_perfmon",
     "no_new_privs took the file's CAP_PERFMON: whoever executed the program did not hold it.",
     "{direct_start}", FixEffect::at_restart},
    {"tracer_dropped_perfmon",
     "The program was started under an unprivileged tracer, which takes file capabilities away.",
     "Start the program without strace or gdb, or trace it as root.", FixEffect::at_restart},
    {"file_capability_not_applied",
     "The program's file should give it CAP_PERFMON, but the kernel did not apply it.",
     "Boot the {node} without no_file_caps if it is on the kernel's command line; else start the\n"
     "program anew: a tracer that has left, or shared process state, can have caused it."},
    {"paranoid_restricts",
     "perf_event_paranoid asks for a capability here; a lower level would do without.",
     "Prefer what the other findings say, which lets this program alone count. Without that, on "
     "the\n"
     "{node}, which opens perf to every user:\n"
     "  sudo sysctl -w kernel.perf_event_paranoid=0",
     FixEffect::at_once},

    {"unexplained_refusal",
     "The kernel refuses what is wanted, and the facts that can be read do not say why.",
     "Compare the trials and facts of this with docs/permissions.md:\n"
     "  perf-exporter probe"},
};

}  // namespace

std::span<const FindingText> permission_texts() {
  return kTexts;
}

}  // namespace perf_exporter
