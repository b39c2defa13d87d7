#include "caps/facts/device_tree.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace perf_exporter {
namespace {

std::filesystem::path root_of(const HostPaths& paths) {
  return paths.sysfs / "firmware/devicetree/base";
}

// The strings of a property, each ended by a zero byte (Devicetree specification, <stringlist>).
std::vector<std::string> strings_of(const std::filesystem::path& property) {
  std::vector<std::string> strings;
  const auto text = read_text(property);
  for (std::size_t start = 0; text && start < text->size();) {
    const auto end = std::min(text->find('\0', start), text->size());
    strings.push_back(text->substr(start, end - start));
    start = end + 1;
  }
  return strings;
}

// The start of a string in `compatible`, and whose machine it is. The first that is found wins.
struct TreeMark {
  std::string_view mark;
  Hypervisor kind;
};

// Of /hypervisor, where a hypervisor tells of itself
// (Documentation/devicetree/bindings/arm/xen.txt; Documentation/virt/kvm/ppc-pv.rst).
constexpr TreeMark kNodeMarks[] = {
    {"xen,xen", Hypervisor::xen},
    {"linux,kvm", Hypervisor::kvm},
    {"vmware", Hypervisor::vmware},
    {"", Hypervisor::other},
};

// Of the root: machines that exist as virtual ones alone. QEMU's own on Arm goes by the name that
// Firecracker, crosvm, Cloud Hypervisor and kvmtool give theirs, too.
constexpr TreeMark kRootMarks[] = {
    {"linux,dummy-virt", Hypervisor::other},
    {"riscv-virtio", Hypervisor::kvm},
    {"qemu,", Hypervisor::kvm},
};

std::optional<Hypervisor> kind_of(const std::vector<std::string>& compatible,
                                  std::span<const TreeMark> marks) {
  for (const TreeMark& row : marks) {
    if (std::any_of(compatible.begin(), compatible.end(),
                    [&](const std::string& each) { return each.starts_with(row.mark); })) {
      return row.kind;
    }
  }
  return std::nullopt;
}

// The node by which QEMU hands its guest files.
bool has_qemu_node(const std::filesystem::path& root) {
  const auto nodes = list_directory(root);
  return nodes && std::any_of(nodes->begin(), nodes->end(),
                              [](const std::string& node) { return node.starts_with("fw-cfg@"); });
}

}  // namespace

std::optional<std::string> device_tree_model(const HostPaths& paths) {
  auto model = strings_of(root_of(paths) / "model");
  return model.empty() ? std::nullopt : std::optional(std::move(model.front()));
}

std::optional<Hypervisor> device_tree_hypervisor(const HostPaths& paths) {
  const auto root = root_of(paths);
  const auto compatible = strings_of(root / "compatible");
  if (compatible.empty()) {
    return std::nullopt;
  }
  if (const auto kind = kind_of(strings_of(root / "hypervisor/compatible"), kNodeMarks)) {
    return kind;
  }
  if (const auto kind = kind_of(compatible, kRootMarks)) {
    return kind == Hypervisor::other && has_qemu_node(root) ? Hypervisor::kvm : kind;
  }
  // A logical partition of PowerVM, which has a name.
  return strings_of(root / "ibm,partition-name").empty() ? Hypervisor::none : Hypervisor::other;
}

}  // namespace perf_exporter
