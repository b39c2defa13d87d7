#include "caps/file_capabilities.h"

#include <linux/capability.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>

namespace perf_exporter {
namespace {

std::uint32_t little_endian(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < sizeof word; ++i) {
    word |= std::to_integer<std::uint32_t>(bytes[offset + i]) << (8 * i);
  }
  return word;
}

}  // namespace

// magic_etc, then {permitted, inheritable} once (revision 1) or twice, then in revision 3 the
// namespace's root; all little-endian.
std::optional<FileCapabilities> parse_file_capabilities(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) {
    return std::nullopt;
  }
  const std::uint32_t magic = little_endian(bytes, 0);
  const std::uint32_t revision = magic & VFS_CAP_REVISION_MASK;
  const bool is_sized = (revision == VFS_CAP_REVISION_1 && bytes.size() == XATTR_CAPS_SZ_1) ||
                        (revision == VFS_CAP_REVISION_2 && bytes.size() == XATTR_CAPS_SZ_2) ||
                        (revision == VFS_CAP_REVISION_3 && bytes.size() == XATTR_CAPS_SZ_3);
  if (!is_sized) {
    return std::nullopt;
  }
  FileCapabilities found;
  found.present = true;
  found.effective = (magic & VFS_CAP_FLAGS_EFFECTIVE) != 0;
  found.permitted = little_endian(bytes, 4);
  found.inheritable = little_endian(bytes, 8);
  if (revision != VFS_CAP_REVISION_1) {
    found.permitted |= std::uint64_t{little_endian(bytes, 12)} << 32;
    found.inheritable |= std::uint64_t{little_endian(bytes, 16)} << 32;
  }
  if (revision == VFS_CAP_REVISION_3) {
    found.namespace_root = little_endian(bytes, 20);
  }
  return found;
}

std::optional<FileCapabilities> read_file_capabilities(const std::filesystem::path& file) {
  std::array<std::byte, sizeof(vfs_ns_cap_data)> bytes{};
  const ssize_t size = ::getxattr(file.c_str(), "security.capability", bytes.data(), bytes.size());
  if (size >= 0) {
    return parse_file_capabilities(std::span(bytes).first(static_cast<std::size_t>(size)));
  }
  if (errno == ENODATA || errno == EOPNOTSUPP) {
    return FileCapabilities{};
  }
  return std::nullopt;
}

std::optional<bool> is_on_nosuid_mount(const std::filesystem::path& file) {
  struct statvfs mount {};
  if (::statvfs(file.c_str(), &mount) != 0) {
    return std::nullopt;
  }
  return (mount.f_flag & ST_NOSUID) != 0;
}

}  // namespace perf_exporter
