// The preflight: the same program under another name, with a file capability that never keeps it
// from starting, speaks for the program beside it, which may not start at all.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "caps/advice/finding.h"
#include "caps/facts/host_facts.h"

namespace perf_exporter {

// What can be learned of a program without executing it.
struct MainProgram {
  std::string path;
  std::optional<bool> exists;
  std::optional<bool> executable;  // by this user: mode bits, and the mount is not noexec
  std::optional<FileCapabilities> file_capabilities;
  std::optional<bool> nosuid_mount;
};

MainProgram look_at_main_program(const std::string& path);

// Whether execve(2) of the program would succeed for a process with these facts, and with which
// capability (security/commoncap.c, bprm_caps_from_vfs_caps): pure. One finding at least; ok where
// nothing stands in the way.
std::vector<Finding> judge_main_program(const MainProgram& program, const HostFacts& facts);

}  // namespace perf_exporter
