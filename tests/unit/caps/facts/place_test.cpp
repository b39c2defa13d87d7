#include "caps/facts/place.h"

#include <gmock/gmock.h>

#include "caps/advice/place_table.h"
#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

using testing::Optional;

struct Traces {
  const char* cgroup;
  const char* mountinfo;
};

std::string found(const Traces& traces) {
  TempHost host;
  host.write_proc("self/cgroup", traces.cgroup);
  host.write_proc("self/mountinfo", traces.mountinfo);
  const auto place = find_place(host.paths().procfs / "self");
  if (!place) {
    return "unknown";
  }
  const std::string runtime(place->runtime ? to_text(*place->runtime) : "unknown");
  return std::string(to_text(place->place)) + " " + runtime + " " + place->unit.value_or("-");
}

constexpr const char* kDiskRoot = "25 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n";

TEST(FindPlace, OfPlainHostsAndUnits) {
  EXPECT_EQ(found({"0::/user.slice/user-1000.slice/session-3.scope", kDiskRoot}), "host none -");
  EXPECT_EQ(found({"0::/system.slice/counters.service", kDiskRoot}),
            "systemd none counters.service");
  EXPECT_EQ(found({"1:name=systemd:/system.slice/a.service\n9:pids:/x", kDiskRoot}),
            "systemd none a.service");
  EXPECT_EQ(
      found({"0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", kDiskRoot}),
      "host none -")
      << "a user's own units";
}

// Recorded from Podman 4.3.1 on a hybrid host, without a cgroup namespace of its own.
TEST(FindPlace, OfPodman) {
  EXPECT_EQ(
      found({"9:name=systemd:/libpod_parent/libpod-12cc\n0::/libpod_parent/libpod-12cc",
             "73 48 0:40 / / rw,nodev,relatime - overlay overlay rw,lowerdir=/s/overlay/l/X\n"
             "82 73 254:0 /s/overlay-containers/12cc/userdata/hostname /etc/hostname rw - ext4 "
             "/dev/vda rw\n"}),
      "podman podman -");
  EXPECT_EQ(found({"0::/",
                   "82 73 254:0 /s/overlay-containers/12cc/userdata/hostname /etc/hostname rw - "
                   "ext4 /dev/vda rw\n"}),
            "podman podman -")
      << "in a cgroup namespace";
}

// Recorded from Docker 28.5.2 with --cgroup-parent and a folder of its own for its data.
TEST(FindPlace, OfDockerWhereverItKeepsItsData) {
  const std::string id(64, 'a');
  const auto with_hostname = [](const std::string& root) {
    return found(
        {"0::/mine/x", ("82 73 254:0 " + root + " /etc/hostname rw - ext4 /dev/vda rw\n").c_str()});
  };
  EXPECT_EQ(with_hostname("/mnt/d/data/containers/" + id + "/hostname"), "docker docker -");
  EXPECT_EQ(with_hostname("/mnt/d/data/containers/" + id.substr(1) + "/hostname"), "host none -");
  EXPECT_EQ(with_hostname("/mnt/d/data/volumes/" + id + "/hostname"), "host none -");
  EXPECT_EQ(with_hostname("/etc/hostname"), "host none -");
  EXPECT_EQ(with_hostname("/hostname"), "host none -");
}

// The storage driver names the folder; recorded from Podman 4.3.1 with vfs, in a cgroup namespace.
TEST(FindPlace, OfPodmanWithAnyStorage) {
  const std::string folder = "254:0 /r/vfs-containers/25df/userdata/";
  const std::string hostname = "76 69 " + folder + "hostname /etc/hostname rw - ext4 /dev/vda rw\n";
  const std::string mark =
      "75 69 " + folder + ".containerenv /run/.containerenv rw - ext4 /dev/vda rw\n";
  EXPECT_EQ(found({"0::/", (kDiskRoot + hostname).c_str()}), "podman podman -");
  EXPECT_EQ(found({"0::/", (kDiskRoot + mark).c_str()}), "podman podman -") << "--no-hostname";
  EXPECT_EQ(
      found({"0::/", "82 73 254:0 /mnt/my-containers/x/hostname /etc/hostname rw - ext4 a rw\n"}),
      "host none -");
  EXPECT_EQ(found({"0::/kubepods/besteffort/pod1/2", (kDiskRoot + mark).c_str()}),
            "kubernetes cri-o -");
}

// A machine that was made of an image has the file, but nobody mounted it.
TEST(FindPlace, IsNotToldByAFileOfAnImage) {
  TempHost host;
  host.write_proc("self/cgroup", "0::/");
  host.write_proc("self/mountinfo", kDiskRoot);
  host.write_proc("self/root/run/.containerenv", "");
  EXPECT_EQ(find_place(host.paths().procfs / "self")->place, Place::host);
}

// Recorded from systemd-nspawn 252.
TEST(FindPlace, OfNspawn) {
  EXPECT_EQ(found({"0::/",
                   "121 100 254:0 /var/lib/machines/m / rw - ext4 /dev/vda rw\n"
                   "132 127 254:0 /run/systemd/nspawn/propagate/m /run/host/incoming rw - ext4 "
                   "/dev/vda rw\n"}),
            "nspawn nspawn -");
}

// With and without a systemd that has booted inside: then the path's end is the unit of whoever
// runs the container.
TEST(FindPlace, OfAUnitInsideAContainer) {
  for (const bool has_systemd : {true, false}) {
    TempHost host;
    host.write_proc("self/cgroup", "0::/system.slice/a.service");
    host.write_proc("self/mountinfo",
                    "82 73 254:0 /s/overlay-containers/12cc/userdata/hostname /etc/hostname rw - "
                    "ext4 /dev/vda rw\n");
    if (has_systemd) {
      host.write_proc("self/root/run/systemd/system/.keep", "");
    }
    const auto place = find_place(host.paths().procfs / "self");
    ASSERT_TRUE(place);
    EXPECT_EQ(place->place, Place::podman);
    EXPECT_EQ(place->unit.value_or("none"), has_systemd ? "a.service" : "none");
  }
}

// Recorded from LXC 5.0.2 with Debian's systemd inside; the mounts of Incus and LXD as their users
// list them.
TEST(FindPlace, OfLinuxContainersAndTheirManagers) {
  const std::string boot_id =
      "47 72 0:42 /.lxc-boot-id /proc/sys/kernel/random/boot_id ro,nosuid - tmpfs none rw\n";
  EXPECT_EQ(found({"0::/init.scope", boot_id.c_str()}), "lxc lxc -");
  EXPECT_EQ(found({"0::/lxc.payload.c1/system.slice/a.service", kDiskRoot}), "lxc lxc -");
  EXPECT_EQ(
      found({"0::/", (boot_id + "48 69 0:51 / /dev/.incus-mounts rw - tmpfs tmpfs rw\n").c_str()}),
      "incus incus -");
  EXPECT_EQ(
      found({"0::/", (boot_id + "48 69 0:51 / /dev/.lxd-mounts rw - tmpfs tmpfs rw\n").c_str()}),
      "incus lxd -");
}

// A unit's own /dev and /proc hide the mounts; what systemd wrote at its start does not go.
TEST(FindPlace, OfAUnitInALinuxContainer) {
  TempHost host;
  host.write_proc("self/cgroup", "0::/system.slice/a.service");
  host.write_proc("self/mountinfo", kDiskRoot);
  host.write_proc("self/root/run/systemd/container", "lxc");
  host.write_proc("self/root/run/systemd/system/.keep", "");
  const auto where = [&] {
    const auto place = find_place(host.paths().procfs / "self");
    return std::string(to_text(place->place)) + " " + place->unit.value_or("-");
  };
  EXPECT_EQ(where(), "lxc a.service");
  host.write_proc("sys/kernel/osrelease", "6.8.12-4-pve\n");
  EXPECT_EQ(where(), "proxmox a.service");
}

TEST(FindPlace, OfDockerAndNerdctl) {
  EXPECT_EQ(found({"0::/docker/4711", kDiskRoot}), "docker docker -");
  EXPECT_EQ(found({"0::/",
                   "9 8 8:1 /var/lib/docker/containers/4711/hostname /etc/hostname rw - "
                   "ext4 /dev/sda1 rw\n"}),
            "docker docker -");
  EXPECT_EQ(found({"0::/",
                   "9 8 8:1 /var/lib/nerdctl/1935db59/containers/default/47/hostname "
                   "/etc/hostname rw - ext4 /dev/sda1 rw\n"}),
            "containerd containerd -");
}

TEST(FindPlace, OfPodsByTheirRuntime) {
  const std::string pod = "0::/kubepods.slice/kubepods-burstable.slice/kubepods-pod1.slice/";
  EXPECT_EQ(found({(pod + "cri-containerd-4711.scope").c_str(), kDiskRoot}),
            "kubernetes containerd -");
  EXPECT_EQ(found({(pod + "crio-4711.scope").c_str(), kDiskRoot}), "kubernetes cri-o -");
  EXPECT_EQ(found({(pod + "docker-4711.scope").c_str(), kDiskRoot}), "kubernetes docker -");
  EXPECT_EQ(found({"0::/kubepods/burstable/pod1/4711", kDiskRoot}), "kubernetes unknown -");
  EXPECT_EQ(found({"0::/",
                   "9 8 8:1 /var/lib/kubelet/pods/1/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n"
                   "9 8 0:9 /containers/storage/overlay-containers/47/userdata/hostname "
                   "/etc/hostname rw - tmpfs tmpfs rw\n"}),
            "kubernetes cri-o -");
}

// A host's mounts hold those of its containers.
TEST(FindPlace, IsNotMisledByTheContainersOfAHost) {
  EXPECT_EQ(
      found({"0::/system.slice/counters.service",
             "25 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
             "90 25 0:9 / /run/containerd/io.containerd.runtime.v2.task/k8s.io/47/rootfs rw - "
             "overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1\n"
             "91 25 0:8 / /var/lib/docker/overlay2/47/merged rw - overlay overlay rw\n"}),
      "systemd none counters.service");
}

TEST(FindPlace, IsUnknownWhereNothingCanBeRead) {
  TempHost host;
  EXPECT_FALSE(find_place(host.paths().procfs / "self"));
}

TEST(FindMount, TakesTheTopmostOfAPlace) {
  const auto mount = find_mount(
      "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\nmalformed\n"
      "2 1 0:9 /deep / ro - overlay overlay rw,lowerdir=/a b\n",
      "/");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->root, "/deep");
  EXPECT_EQ(mount->type, "overlay");
  EXPECT_EQ(mount->options, "rw,lowerdir=/a b");
  EXPECT_FALSE(find_mount("1 0 8:1 / / rw - ext4 /dev/sda1 rw", "/etc/hostname"));
}

TEST(PlaceTexts, HaveOneRowForEveryPlace) {
  for (const Place place : kPlaces) {
    EXPECT_EQ(place_text(place).place, place);
    for (const char* piece :
         {"node", "grant", "grant_sys_admin", "allow_call", "descriptors", "user_namespace",
          "file_capability", "suid_mount", "direct_start", "cgroups"}) {
      EXPECT_NE(place_piece(place_text(place), piece), "") << to_text(place) << " " << piece;
    }
  }
  EXPECT_EQ(place_piece(place_text(Place::host), "no_such_piece"), "");
}

}  // namespace
}  // namespace perf_exporter
