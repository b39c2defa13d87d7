#include "caps/facts/host_facts.h"

#include <gmock/gmock.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "caps/process_caps.h"
#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

HostFacts facts_of(const std::string& fixture) {
  const std::filesystem::path root = std::filesystem::path(FIXTURES) / "caps" / fixture;
  return gather_facts({root / "proc", root / "sys", root / "sys/fs/cgroup"});
}

TEST(HostFacts, OfAPod) {
  const HostFacts facts = facts_of("kubernetes_pod");
  EXPECT_THAT(facts.uid, Optional(65534U));
  EXPECT_THAT(facts.capabilities, Optional(CapabilitySets{0, 0x4000000000, 0, 0x4000000000, 0}));
  EXPECT_EQ(facts.capget, std::nullopt) << "a recorded tree speaks of another process";
  EXPECT_THAT(facts.no_new_privs, Optional(true));
  EXPECT_THAT(facts.seccomp_mode, Optional(2));
  EXPECT_THAT(facts.tracer_pid, Optional(0));
  EXPECT_THAT(facts.initial_user_namespace, Optional(true));
  EXPECT_THAT(facts.executable, Optional(std::string("/opt/fixture/perf-exporter")));
  EXPECT_THAT(facts.descriptors, Optional(DescriptorLimits{1048576, DescriptorLimits::kUnlimited}));
  EXPECT_THAT(facts.lsm_label, Optional(std::string("cri-containerd.apparmor.d (enforce)")));
  EXPECT_THAT(facts.apparmor, Optional(AppArmorProfile{"cri-containerd.apparmor.d", "enforce"}));
  EXPECT_THAT(facts.place, Optional(Place::kubernetes));
  EXPECT_THAT(facts.runtime, Optional(Runtime::containerd));
  EXPECT_THAT(facts.root_filesystem, Optional(std::string("overlay")));
  EXPECT_THAT(facts.kernel_vendor, Optional(KernelVendor::other));
  EXPECT_THAT(facts.perf_event_paranoid, Optional(2));
  EXPECT_THAT(facts.no_file_caps, Optional(false)) << "a longer parameter is not it";
  EXPECT_THAT(facts.core_pmus, Optional(IsEmpty()));
  EXPECT_THAT(facts.hypervisor, Optional(Hypervisor::kvm));
  EXPECT_THAT(facts.machine, Optional(std::string("QEMU Standard PC (Q35 + ICH9, 2009)")));
  EXPECT_EQ(facts.nmi_watchdog, std::nullopt);
  EXPECT_EQ(facts.lockdown, std::nullopt);
}

TEST(HostFacts, OfAUnitOnDebian) {
  const HostFacts facts = facts_of("debian_unit");
  EXPECT_THAT(facts.capabilities, Optional(CapabilitySets{0x4000000000, 0x4000000000, 0x4000000000,
                                                          0x4000000000, 0x4000000000}));
  EXPECT_THAT(facts.no_new_privs, Optional(false));
  EXPECT_THAT(facts.place, Optional(Place::systemd));
  EXPECT_THAT(facts.kernel_release, Optional(std::string("6.1.0-56-amd64")));
  EXPECT_THAT(facts.kernel_vendor, Optional(KernelVendor::debian));
  EXPECT_THAT(facts.has_paranoid_sysctl, Optional(true));
  EXPECT_THAT(facts.perf_event_paranoid, Optional(3));
  EXPECT_THAT(facts.cap_last_cap, Optional(40));
  EXPECT_THAT(facts.no_file_caps, Optional(true));
  EXPECT_THAT(facts.nmi_watchdog, Optional(1));
  EXPECT_THAT(facts.lockdown, Optional(std::string("none")));
  EXPECT_THAT(facts.core_pmus, Optional(ElementsAre("cpu")));
  EXPECT_THAT(facts.hypervisor, Optional(Hypervisor::none));
  EXPECT_THAT(facts.lsms, Optional(ElementsAre("lockdown", "capability", "apparmor")));
  EXPECT_THAT(facts.unit, Optional(std::string("perf-exporter.service")));
  EXPECT_THAT(facts.runtime, Optional(Runtime::none));
}

TEST(HostFacts, OfARootlessContainerOnAHybridUbuntu) {
  const HostFacts facts = facts_of("ubuntu_hybrid_rootless");
  EXPECT_THAT(facts.uid, Optional(0U));
  EXPECT_THAT(facts.capabilities,
              Optional(CapabilitySets{0x1ffffffffff, 0x1ffffffffff, 0, 0x1ffffffffff, 0}));
  EXPECT_THAT(facts.tracer_pid, Optional(4711));
  EXPECT_THAT(facts.initial_user_namespace, Optional(false));
  EXPECT_THAT(facts.place, Optional(Place::podman));
  EXPECT_THAT(facts.kernel_vendor, Optional(KernelVendor::ubuntu));
  EXPECT_EQ(facts.apparmor, std::nullopt) << "the label is SELinux's";
  EXPECT_THAT(facts.core_pmus, Optional(ElementsAre("cpu_atom", "cpu_core")));
  EXPECT_THAT(facts.lsm_label, Optional(std::string("system_u:system_r:container_t:s0:c1,c2")));
  EXPECT_THAT(facts.selinux_enforcing, Optional(true));
  EXPECT_THAT(facts.lockdown, Optional(std::string("integrity")));
  EXPECT_EQ(facts.hypervisor, std::nullopt);
}

TEST(HostFacts, TellAMissingSysctlFromAnUnreadableTree) {
  const HostFacts facts = facts_of("no_perf");
  EXPECT_THAT(facts.has_paranoid_sysctl, Optional(false));
  EXPECT_EQ(facts.perf_event_paranoid, std::nullopt);
  EXPECT_EQ(facts.capabilities, std::nullopt) << "a set that is no number is unknown";
  EXPECT_EQ(facts.uid, std::nullopt);
}

TEST(HostFacts, AreAllUnknownWhereNothingCanBeRead) {
  const HostFacts facts =
      gather_facts({"/nonexistent/proc", "/nonexistent/sys", "/nonexistent/cgroup"});
  EXPECT_EQ(facts.uid, std::nullopt);
  EXPECT_EQ(facts.capabilities, std::nullopt);
  EXPECT_EQ(facts.has_paranoid_sysctl, std::nullopt);
  EXPECT_EQ(facts.initial_user_namespace, std::nullopt);
  EXPECT_EQ(facts.file_capabilities, std::nullopt);
  EXPECT_EQ(facts.nosuid_mount, std::nullopt);
  EXPECT_EQ(facts.core_pmus, std::nullopt);
  EXPECT_EQ(facts.place, std::nullopt);
}

TEST(HostFacts, OfThisProcess) {
  const HostFacts facts = gather_facts({});
  EXPECT_THAT(facts.uid, Optional(::geteuid()));
  EXPECT_TRUE(facts.capabilities);
  EXPECT_TRUE(facts.capget);
  EXPECT_TRUE(facts.initial_user_namespace);
  EXPECT_THAT(facts.executable, Optional(std::filesystem::read_symlink("/proc/self/exe").string()));
  EXPECT_THAT(facts.file_capabilities, Optional(FileCapabilities{})) << "the test has none";
  EXPECT_TRUE(facts.nosuid_mount);
  EXPECT_TRUE(facts.descriptors);
  EXPECT_TRUE(facts.kernel_release);
  EXPECT_TRUE(facts.core_pmus);
  EXPECT_TRUE(facts.place);
}

template <std::size_t size>
std::optional<FileCapabilities> parse(const std::array<unsigned char, size>& bytes) {
  return parse_file_capabilities(std::as_bytes(std::span(bytes)));
}

TEST(FileCapabilities, OfSetcap) {
  // setcap cap_perfmon=ep: revision 2 with the effective flag, bit 6 of the second word.
  EXPECT_THAT(parse(std::array<unsigned char, 20>{1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x40}),
              Optional(FileCapabilities{true, bit(Capability::perfmon), 0, true, 0}));
  // setcap cap_sys_admin=pi: no flag.
  EXPECT_THAT(parse(std::array<unsigned char, 20>{0, 0, 0, 2, 0, 0, 0x20, 0, 0, 0, 0x20}),
              Optional(FileCapabilities{true, bit(Capability::sys_admin),
                                        bit(Capability::sys_admin), false, 0}));
}

TEST(FileCapabilities, OfANamespace) {
  EXPECT_THAT(parse(std::array<unsigned char, 24>{1, 0,    0, 3, 0, 0, 0, 0, 0, 0,    0,
                                                  0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0xe8, 3}),
              Optional(FileCapabilities{true, bit(Capability::perfmon), 0, true, 1000}));
}

TEST(FileCapabilities, AreUnknownInAnyOtherShape) {
  EXPECT_EQ(parse_file_capabilities({}), std::nullopt);
  EXPECT_EQ(parse(std::array<unsigned char, 20>{1, 0, 0, 9}), std::nullopt);
  EXPECT_EQ(parse(std::array<unsigned char, 19>{1, 0, 0, 2}), std::nullopt);
}

// A tree of its own, whose executable carries a real attribute.
class FileCapabilitiesOfAFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/caps_test.XXXXXX";
    root_ = ::mkdtemp(name);
    std::filesystem::create_directories(root_ / "proc" / "self");
    exe_ = root_ / "proc" / "self" / "exe";
    std::ofstream(exe_) << "program";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] HostFacts facts() const {
    return gather_facts({root_ / "proc", root_ / "sys", root_ / "cgroup"});
  }

  std::filesystem::path root_;
  std::filesystem::path exe_;
};

TEST_F(FileCapabilitiesOfAFile, AreReadFromTheAttribute) {
  const unsigned char perfmon_p[20] = {0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x40};
  if (::setxattr(exe_.c_str(), "security.capability", perfmon_p, sizeof perfmon_p, 0) != 0) {
    GTEST_SKIP() << "cannot set a file capability: " << std::strerror(errno);
  }
  EXPECT_THAT(facts().file_capabilities,
              Optional(FileCapabilities{true, bit(Capability::perfmon), 0, false, 0}));
}

TEST_F(FileCapabilitiesOfAFile, MayBeNone) {
  EXPECT_THAT(facts().file_capabilities, Optional(FileCapabilities{}));
}

TEST(AppArmorLabel, HasAProfileAndAMode) {
  EXPECT_THAT(parse_apparmor_label("docker-default (enforce)"),
              Optional(AppArmorProfile{"docker-default", "enforce"}));
  EXPECT_THAT(parse_apparmor_label("a (b) (complain)"),
              Optional(AppArmorProfile{"a (b)", "complain"}));
  EXPECT_THAT(parse_apparmor_label("unconfined"), Optional(AppArmorProfile{"unconfined", ""}));
  EXPECT_EQ(parse_apparmor_label("_"), std::nullopt) << "Smack's floor label";
}

TEST(HostFacts, KnowGvisorByItsVersionText) {
  TempHost host;
  EXPECT_EQ(gather_facts(host.paths()).emulated, std::nullopt);
  host.write_proc("version", "Linux version 4.19.0-gvisor #1 SMP Sun Jan 10 15:06:54 PST 2016\n");
  EXPECT_THAT(gather_facts(host.paths()).emulated, Optional(true));
  host.write_proc("version", "Linux version 6.1.0-56-amd64 (debian) #1 SMP Debian 6.1.192-2\n");
  EXPECT_THAT(gather_facts(host.paths()).emulated, Optional(false));
}

TEST(HostFacts, KnowWhetherKvmKeepsThePmuForGuests) {
  TempHost host;
  EXPECT_EQ(gather_facts(host.paths()).mediated_vpmu, std::nullopt);
  host.write_sys("module/kvm_amd/parameters/enable_mediated_pmu", "N\n");
  EXPECT_THAT(gather_facts(host.paths()).mediated_vpmu, Optional(false));
  host.write_sys("module/kvm_intel/parameters/enable_mediated_pmu", "Y\n");
  EXPECT_THAT(gather_facts(host.paths()).mediated_vpmu, Optional(true));
}

TEST(SelinuxLabel, HasAUserARoleAndAType) {
  EXPECT_TRUE(is_selinux_label("system_u:system_r:container_t:s0:c1,c2"));
  EXPECT_TRUE(is_selinux_label("u:r:t"));
  EXPECT_FALSE(is_selinux_label("docker-default (enforce)"));
  EXPECT_FALSE(is_selinux_label("unconfined"));
  EXPECT_FALSE(is_selinux_label(":namespace:profile:x"));
  EXPECT_FALSE(is_selinux_label(""));
  EXPECT_EQ(selinux_type("system_u:system_r:container_t:s0:c1,c2"), "container_t");
  EXPECT_EQ(selinux_type("u:r:t"), "t");
}

}  // namespace
}  // namespace perf_exporter
