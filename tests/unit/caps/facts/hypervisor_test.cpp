#include "caps/facts/hypervisor.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "caps/facts/host_facts.h"
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
  // A property of the device tree; its strings end in a zero byte each.
  void tree(const char* property, const std::vector<std::string>& strings) {
    std::string text;
    for (const std::string& each : strings) {
      text += each + '\0';
    }
    host_.write_sys(std::filesystem::path("firmware/devicetree/base") / property, text);
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

TEST_F(HypervisorOf, ABoardWithoutDmiIsAMachineOfItsOwn) {
  tree("model", {"Raspberry Pi 4 Model B Rev 1.4"});
  tree("compatible", {"raspberrypi,4-model-b", "brcm,bcm2711"});
  EXPECT_EQ(found(), "none");
  EXPECT_EQ(gather_facts(host_.paths()).machine, "Raspberry Pi 4 Model B Rev 1.4");
  tree("compatible", {"apple,j274", "apple,t8103", "apple,arm-platform"});
  EXPECT_EQ(found(), "none");
}

// As QEMU, Firecracker, Xen and PowerVM write their guests' trees.
TEST_F(HypervisorOf, AVirtualMachineWithoutDmiIsToldByItsTree) {
  tree("compatible", {"linux,dummy-virt"});
  EXPECT_EQ(found(), "other");
  tree("fw-cfg@9020000/compatible", {"qemu,fw-cfg-mmio"});
  EXPECT_EQ(found(), "kvm");
  tree("compatible", {"xen,xenvm-4.17", "xen,xenvm"});
  tree("hypervisor/compatible", {"xen,xen-4.17", "xen,xen"});
  EXPECT_EQ(found(), "xen");
  tree("hypervisor/compatible", {"acme,visor"});
  EXPECT_EQ(found(), "other");
}

TEST_F(HypervisorOf, OtherArchitecturesTreesAreRead) {
  tree("compatible", {"riscv-virtio"});
  EXPECT_EQ(found(), "kvm");
  tree("compatible", {"sifive,hifive-unleashed-a00", "sifive,fu540-c000"});
  EXPECT_EQ(found(), "none");
  tree("compatible", {"IBM,9105-22A"});
  EXPECT_EQ(found(), "none");
  tree("ibm,partition-name", {"web1"});
  EXPECT_EQ(found(), "other");
}

TEST_F(HypervisorOf, DmiGoesBeforeTheTree) {
  tree("compatible", {"acme,board"});
  dmi("QEMU", "KVM Virtual Machine");
  EXPECT_EQ(found(), "kvm");
  EXPECT_EQ(gather_facts(host_.paths()).machine, "QEMU KVM Virtual Machine");
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

TEST(HypervisorTexts, OfAMachineOfItsOwnNameTheKernelsLineAndNoHypervisor) {
  const std::string text(hypervisor_text(Hypervisor::none).pmu_switch);
  EXPECT_NE(text.find("hw perfevents"), std::string::npos);
  EXPECT_NE(text.find("Performance Events"), std::string::npos);
  EXPECT_EQ(text.find("hypervisor"), std::string::npos);
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
