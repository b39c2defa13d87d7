#include "caps/advice/place_table.h"

namespace perf_exporter {
namespace {

constexpr FilePassages kInContainer = {
    .capability =
        "In the container:\n"
        "  sudo setcap cap_perfmon=ep {exe}",
    .stale_capability = "",
    .suid_mount =
        "In the container, move the program to a file system mounted without nosuid. This shows "
        "what\n"
        "its own is mounted with:\n"
        "  findmnt -T {exe}",
    .direct_start =
        "In the container, start the program from a process that holds CAP_PERFMON, or without\n"
        "no_new_privs."};
constexpr std::string_view kOnTheHost =
    "Start the program on the host itself, outside the container.";
constexpr std::string_view kRestart =
    "Then start the exporter anew: a running one can't be given it.";

}  // namespace

// lxc.container.conf(5); Incus' and LXD's instance options; pct.conf(5), which takes LXC's own keys
// as well. Run with LXC 5.0.2; the others' are as their documentation has them.
const PlaceText kLxcText = {
    .place = Place::lxc,
    .node = "host",
    .run = "",
    .grants = {.perfmon = "On the host, keep CAP_PERFMON for the container: take perfmon out of "
                          "lxc.cap.drop, or\n"
                          "add it to lxc.cap.keep where there is one. This shows both:\n"
                          "  sudo grep lxc.cap /var/lib/lxc/NAME/config\n"
                          "Then start the container anew:\n"
                          "  sudo lxc-stop NAME\n"
                          "  sudo lxc-start NAME",
               .sys_admin =
                   "On the host, keep CAP_SYS_ADMIN for the container: take sys_admin out of "
                   "lxc.cap.drop, or\n"
                   "add it to lxc.cap.keep where there is one, and run the program as root "
                   "there. This shows\n"
                   "both:\n"
                   "  sudo grep lxc.cap /var/lib/lxc/NAME/config\n"
                   "Then start the container anew:\n"
                   "  sudo lxc-stop NAME\n"
                   "  sudo lxc-start NAME",
               .both = ""},
    .allow_call =
        "On the host, in the profile that lxc.seccomp.profile names: take {calls} out of it "
        "where\n"
        "its second line says denylist, or add them, a line for each, where it says allowlist.\n"
        "This shows which profile:\n"
        "  sudo grep -r lxc.seccomp.profile /var/lib/lxc/NAME/config /usr/share/lxc/config\n"
        "Then start the container anew:\n"
        "  sudo lxc-stop NAME\n"
        "  sudo lxc-start NAME",
    .real_kernel = kOnTheHost,
    .descriptors =
        "On the host, in /var/lib/lxc/NAME/config:\n"
        "  lxc.prlimit.nofile = 1048576\n"
        "Then start the container anew:\n"
        "  sudo lxc-stop NAME\n"
        "  sudo lxc-start NAME",
    .selinux = "",
    .user_namespace =
        "Start the program on the host itself, since no capability counts in an unprivileged\n"
        "container. Or make the container a privileged one, without lxc.idmap, which shifts the\n"
        "owners of all its files:\n"
        "  sudo grep lxc.idmap /var/lib/lxc/NAME/config",
    .file = kInContainer,
    .restart = kRestart,
    .cgroups =
        "On the host, in /var/lib/lxc/NAME/config, the host's cgroups, read-only, for\n"
        "--path.cgroupfs=/host/cgroup:\n"
        "  lxc.mount.entry = /sys/fs/cgroup host/cgroup none rbind,ro,create=dir 0 0\n"
        "Then start the container anew:\n"
        "  sudo lxc-stop NAME\n"
        "  sudo lxc-start NAME"};

const PlaceText kIncusText = {
    .place = Place::incus,
    .node = "host",
    .run = "",
    .grants =
        {.perfmon = "On the host, keep CAP_PERFMON for the container: take perfmon out of "
                    "lxc.cap.drop, or\n"
                    "add it to lxc.cap.keep, in what this shows:\n"
                    "  {incus} config get NAME raw.lxc\n"
                    "Then start the container anew:\n"
                    "  {incus} restart NAME",
         .sys_admin =
             "On the host, keep CAP_SYS_ADMIN for the container: take sys_admin out of "
             "lxc.cap.drop, "
             "or\n"
             "add it to lxc.cap.keep, in what this shows, and run the program as root there:\n"
             "  {incus} config get NAME raw.lxc\n"
             "Then start the container anew:\n"
             "  {incus} restart NAME",
         .both = ""},
    .allow_call =
        "On the host, take {calls} out of security.syscalls.deny, or add them to\n"
        "security.syscalls.allow where that is set, a line for each. This opens both, and what\n"
        "raw.lxc may name with lxc.seccomp.profile, in an editor:\n"
        "  {incus} config edit NAME\n"
        "Then start the container anew:\n"
        "  {incus} restart NAME",
    .real_kernel = kOnTheHost,
    .descriptors =
        "On the host:\n"
        "  {incus} config set NAME limits.kernel.nofile=1048576\n"
        "  {incus} restart NAME",
    .selinux = "",
    .user_namespace =
        "Start the program on the host itself, since no capability counts in an unprivileged\n"
        "container. Or make the container a privileged one, which gives its root the host's:\n"
        "  {incus} config set NAME security.privileged=true\n"
        "  {incus} restart NAME",
    .file = kInContainer,
    .restart = kRestart,
    .cgroups =
        "On the host, add the host's cgroups, read-only, for --path.cgroupfs=/host/cgroup:\n"
        "  {incus} config device add NAME cgroup disk source=/sys/fs/cgroup "
        "path=/host/cgroup readonly=true recursive=true"};

const PlaceText kProxmoxText = {
    .place = Place::proxmox,
    .node = "host",
    .run = "",
    .grants =
        {.perfmon = "On the Proxmox host, keep CAP_PERFMON for the container: take perfmon out of\n"
                    "lxc.cap.drop, or add it to lxc.cap.keep where there is one. This shows both:\n"
                    "  grep lxc.cap /etc/pve/lxc/ID.conf\n"
                    "Then start the container anew:\n"
                    "  pct reboot ID",
         .sys_admin =
             "On the Proxmox host, keep CAP_SYS_ADMIN for the container: take sys_admin out of\n"
             "lxc.cap.drop, or add it to lxc.cap.keep where there is one, and run the program as "
             "root\n"
             "there. This shows both:\n"
             "  grep lxc.cap /etc/pve/lxc/ID.conf\n"
             "Then start the container anew:\n"
             "  pct reboot ID",
         .both = ""},
    .allow_call =
        "On the Proxmox host, in the profile that lxc.seccomp.profile names: take {calls} out of\n"
        "it where its second line says denylist, or add them, a line for each, where it says\n"
        "allowlist. This shows which profile:\n"
        "  grep -r lxc.seccomp.profile /etc/pve/lxc/ID.conf /usr/share/lxc/config\n"
        "Then start the container anew:\n"
        "  pct reboot ID",
    .real_kernel = kOnTheHost,
    .descriptors =
        "On the Proxmox host, in /etc/pve/lxc/ID.conf:\n"
        "  lxc.prlimit.nofile: 1048576\n"
        "Then start the container anew:\n"
        "  pct reboot ID",
    .selinux = "",
    .user_namespace =
        "Start the program on the Proxmox host itself, since no capability counts in an\n"
        "unprivileged container, Proxmox' default. Or make the container a privileged one by\n"
        "restoring a backup of it:\n"
        "  pct restore ID BACKUP --unprivileged 0 --force",
    .file = kInContainer,
    .restart = kRestart,
    .cgroups =
        "On the Proxmox host, in /etc/pve/lxc/ID.conf, the host's cgroups, read-only, for\n"
        "--path.cgroupfs=/host/cgroup:\n"
        "  lxc.mount.entry: /sys/fs/cgroup host/cgroup none rbind,ro,create=dir 0 0\n"
        "Then start the container anew:\n"
        "  pct reboot ID"};

}  // namespace perf_exporter
