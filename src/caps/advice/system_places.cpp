#include "caps/advice/place_table.h"

namespace perf_exporter {
namespace {

constexpr std::string_view kUnitGrant =
    "{drop_in}\n"
    "  AmbientCapabilities=CAP_PERFMON\n"
    "  CapabilityBoundingSet=CAP_PERFMON";

}  // namespace

const PlaceText kSystemdText = {
    .place = Place::systemd,
    .node = "host",
    .run = "",
    .grants = {.perfmon = kUnitGrant,
               .sys_admin = "{drop_in}\n"
                            "  AmbientCapabilities=CAP_SYS_ADMIN\n"
                            "  CapabilityBoundingSet=CAP_SYS_ADMIN",
               .both = ""},
    .allow_call =
        "Whether the unit has a list of system calls, this shows (a mere ~ is none):\n"
        "  systemctl show --property=SystemCallFilter {unit}\n"
        "If it has one, add what it lacks, in a drop-in, which this opens in an editor:\n"
        "  sudo systemctl edit {unit}\n"
        "with:\n"
        "  [Service]\n"
        "  SystemCallFilter={call_list}\n"
        "Or, where that can't be told, with this, which adds @system-service to the list again,\n"
        "also what the list had taken from that set:\n"
        "  [Service]\n"
        "  SystemCallFilter=@system-service {call_list}\n"
        "If it has none, the filter is not the unit's: {outer_filter}",
    .real_kernel = "Start the unit on the host itself, outside the sandbox.",
    .descriptors =
        "{drop_in}\n"
        "  LimitNOFILE=1048576",
    .selinux = "",
    .user_namespace =
        "{drop_in}\n"
        "  PrivateUsers=no",
    .file = {.capability = kUnitGrant,
             .stale_capability =
                 "And take the file's own capability away, which would empty the ambient set:\n"
                 "  sudo setcap -r {exe}",
             .suid_mount = kUnitGrant,
             .direct_start = kUnitGrant},
    .restart =
        "Then, since a running one can't be given it:\n"
        "  sudo systemctl restart {unit}",
    .cgroups =
        "{drop_in}\n"
        "  ProtectControlGroups=yes\n"
        "{restart}"};

const PlaceText kNspawnText = {
    .place = Place::nspawn,
    .node = "host",
    .run = "",
    .grants = {.perfmon = "On the host, in /etc/systemd/nspawn/NAME.nspawn (or with\n"
                          "--capability=CAP_PERFMON on the command line):\n"
                          "  [Exec]\n"
                          "  Capability=CAP_PERFMON",
               .sys_admin =
                   "nspawn keeps CAP_SYS_ADMIN for the container's root: run the program as\n"
                   "root there, with PrivateUsers=no.",
               .both = ""},
    .allow_call =
        "On the host, in /etc/systemd/nspawn/NAME.nspawn (or the same\n"
        "with --system-call-filter= on the command line):\n"
        "  [Exec]\n"
        "  SystemCallFilter={call_list}",
    .real_kernel = "Start the container on the host itself, outside the sandbox.",
    .descriptors =
        "On the host, in /etc/systemd/nspawn/NAME.nspawn:\n"
        "  [Exec]\n"
        "  LimitNOFILE=1048576",
    .selinux = "",
    .user_namespace =
        "On the host, in /etc/systemd/nspawn/NAME.nspawn:\n"
        "  [Exec]\n"
        "  PrivateUsers=no",
    .file = {.capability = "In the container:\n"
                           "  sudo setcap cap_perfmon=ep {exe}",
             .stale_capability = "",
             .suid_mount =
                 "In the container's tree, move the program to a place mounted without nosuid.",
             .direct_start =
                 "In the container, start the program from a process that holds CAP_PERFMON,\n"
                 "or without --no-new-privileges."},
    .restart = "Then start the container anew: a running one can't be given it.",
    .cgroups =
        "On the host, bind the host's cgroups into the container:\n"
        "  sudo systemd-nspawn --bind-ro=/sys/fs/cgroup:/host/cgroup ..."};

const PlaceText kHostText = {
    .place = Place::host,
    .node = "host",
    .run = "",
    .grants = {.perfmon = "On the host, start the program from a shell or service that keeps "
                          "CAP_PERFMON in its\n"
                          "bounding set, bit 38 here:\n"
                          "  grep CapBnd /proc/self/status",
               .sys_admin = "On the host, run the program as root.",
               .both = ""},
    .allow_call = "Start the process without the filter, or with one that allows {calls}.",
    .real_kernel = "Start the process outside the sandbox.",
    .descriptors =
        "On the host, before starting the program:\n"
        "  ulimit -n 1048576",
    .selinux = "",
    .user_namespace =
        "Start the process in the initial user namespace: not by unshare, and not\n"
        "in a rootless container.",
    .file = {.capability = "On the host:\n"
                           "  sudo setcap cap_perfmon=ep {exe}",
             .stale_capability = "",
             .suid_mount =
                 "On the host, move the program to a file system mounted without nosuid. This\n"
                 "shows what its own is mounted with:\n"
                 "  findmnt -T {exe}",
             .direct_start =
                 "Start the program without no_new_privs, or from a process that holds\n"
                 "CAP_PERFMON."},
    .restart = "Then restart the exporter: a running one can't be given it.",
    .cgroups =
        "On the host, name where the cgroup file system is with --path.cgroupfs, or\n"
        "mount it:\n"
        "  sudo mount -t cgroup2 cgroup2 /sys/fs/cgroup"};

}  // namespace perf_exporter
