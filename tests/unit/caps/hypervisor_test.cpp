#include "caps/hypervisor.h"

#include <gmock/gmock.h>

#include <string>

#include "fakes/temp_host.h"

namespace perf_exporter {
namespace {

// What a guest's or a machine's files say.
class HypervisorOf : public testing::Test {
 protected:
  void dmi(const char* vendor, const char* product) {
    host_.write_sys("class/dmi/id/sys_vendor", vendor);
    host_.write_sys("class/dmi/id/product_name", product);
  }
  void cpu_flags(const char* flags) {
    host_.write_proc("cpuinfo", std::string("processor\t: 0\nflags\t\t: ") + flags + "\n");
  }
  [[nodiscard]] std::string found() const {
    const auto kind = find_hypervisor(host_.paths());
    return kind ? std::string(hypervisor_text(*kind).name) : "unknown";
  }

  TempHost host_;
};

TEST_F(HypervisorOf, TheCloudsAndTheirLikeGoByTheirVendor) {
  struct Row {
    const char* vendor;
    const char* product;
    const char* name;
  };
  cpu_flags("fpu hypervisor lahf_lm");
  for (const Row& row :
       {Row{"Google", "Google Compute Engine", "gce"}, Row{"Amazon EC2", "m7i.large", "aws"},
        Row{"Microsoft Corporation", "Virtual Machine", "hyperv"},
        Row{"VMware, Inc.", "VMware20,1", "vmware"},
        Row{"OpenStack Foundation", "OpenStack Nova", "openstack"},
        Row{"innotek GmbH", "VirtualBox", "virtualbox"}, Row{"Xen", "HVM domU", "xen"},
        Row{"QEMU", "Standard PC (Q35 + ICH9, 2009)", "kvm"}, Row{"Red Hat", "KVM", "kvm"},
        Row{"Acme", "Cloud", "other"}}) {
    dmi(row.vendor, row.product);
    EXPECT_EQ(found(), row.name) << row.vendor;
  }
}

TEST_F(HypervisorOf, AzureIsToldByItsAssetTag) {
  dmi("Microsoft Corporation", "Virtual Machine");
  cpu_flags("hypervisor");
  host_.write_sys("class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n");
  EXPECT_EQ(found(), "azure");
}

TEST_F(HypervisorOf, BareMetalHasNoneWhoeverOwnsIt) {
  cpu_flags("fpu lahf_lm");
  EXPECT_EQ(found(), "none");
  dmi("Amazon EC2", "m7i.metal-24xl");
  EXPECT_EQ(found(), "none");
}

TEST_F(HypervisorOf, ArmHasNoFlag) {
  EXPECT_EQ(found(), "unknown");
  dmi("Amazon EC2", "m7g.large");
  EXPECT_EQ(found(), "aws");
  dmi("Amazon EC2", "m7g.metal");
  EXPECT_EQ(found(), "none");
}

TEST_F(HypervisorOf, KernelsOfOneKindOfVmTellThemselves) {
  cpu_flags("hypervisor");
  host_.write_proc("version", "Linux version 5.15.167.4-microsoft-standard-WSL2 (root@x) #1 SMP");
  EXPECT_EQ(found(), "wsl2");
  host_.write_proc("version", "Linux version 6.12.8 #1 SMP");
  host_.write_proc("self/mountinfo", "9 8 0:9 /x /etc/hosts rw - virtiofs kataShared rw\n");
  EXPECT_EQ(found(), "kata");
}

TEST_F(HypervisorOf, AParavirtualXenGuestHasNeitherFlagNorDmi) {
  host_.write_sys("hypervisor/type", "xen\n");
  cpu_flags("fpu");
  EXPECT_EQ(found(), "xen");
}

TEST(HypervisorTexts, SaySomethingForEachAndNeverASysctl) {
  for (int kind = 0; kind <= static_cast<int>(Hypervisor::other); ++kind) {
    const HypervisorText& text = hypervisor_text(static_cast<Hypervisor>(kind));
    EXPECT_EQ(static_cast<int>(text.kind), kind);
    EXPECT_FALSE(text.name.empty() || text.title.empty() || text.pmu_switch.empty());
    EXPECT_EQ(text.pmu_switch.find("sysctl"), std::string_view::npos) << text.name;
  }
}

}  // namespace
}  // namespace perf_exporter
