#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "caps/facts/hypervisor.h"
#include "host/host_paths.h"

namespace perf_exporter {

// What the firmware's device tree (sysfs' firmware/devicetree/base) tells of a machine: boards of
// Arm and RISC-V have one in the place of DMI, Power beside it. Containers see it only where
// /sys/firmware is not masked.

// "Raspberry Pi 4 Model B Rev 1.4"; nothing without a tree.
std::optional<std::string> device_tree_model(const HostPaths& paths);

// Whose virtual machine it is by the hypervisor node and the root's `compatible`; `none` for any
// other machine that has a tree, nothing without one.
std::optional<Hypervisor> device_tree_hypervisor(const HostPaths& paths);

}  // namespace perf_exporter
