#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace perf_exporter {

// The security.capability attribute of a file (struct vfs_ns_cap_data in linux/capability.h).
struct FileCapabilities {
  bool present = false;              // false: the file carries none
  std::uint64_t permitted = 0;       // =p
  std::uint64_t inheritable = 0;     // =i
  bool effective = false;            // =e
  std::uint32_t namespace_root = 0;  // not 0: valid only in the user namespace of that root

  friend bool operator==(const FileCapabilities&, const FileCapabilities&) = default;
};

// The attribute's bytes; nullopt where they are no version that is known.
std::optional<FileCapabilities> parse_file_capabilities(std::span<const std::byte> bytes);

// Those of a file, symbolic links followed. A file system that knows no such attribute carries
// none; nullopt where the file can't be reached or the attribute can't be read.
std::optional<FileCapabilities> read_file_capabilities(const std::filesystem::path& file);

// Whether the file lies on a mount that makes execve(2) ignore file capabilities; nullopt where the
// file can't be reached.
std::optional<bool> is_on_nosuid_mount(const std::filesystem::path& file);

}  // namespace perf_exporter
