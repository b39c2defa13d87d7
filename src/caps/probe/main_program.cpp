#include "caps/probe/main_program.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "caps/advice/finding_text.h"

namespace perf_exporter {
namespace {

// The bits that the kernel knows; it masks the others off before it judges.
std::uint64_t known_bits(const HostFacts& facts) {
  constexpr std::int64_t kLastBit = 63;
  const auto last = facts.cap_last_cap.value_or(kLastBit);
  const bool is_bit = last >= 0 && last < kLastBit;
  return is_bit ? (std::uint64_t{1} << (last + 1)) - 1 : ~std::uint64_t{0};
}

// What the file demands and this process could not get. Nothing where the sets are unknown.
std::optional<std::uint64_t> out_of_reach(const FileCapabilities& file, const HostFacts& facts) {
  const auto& sets = facts.capabilities;
  if (!sets) {
    return std::nullopt;
  }
  const std::uint64_t gained =
      (file.permitted & sets->bounding) | (file.inheritable & sets->inheritable);
  return file.permitted & known_bits(facts) & ~gained;
}

// Those of another user namespace count for nothing here.
bool grants_perfmon(const FileCapabilities& file) {
  return file.present && file.namespace_root == 0 &&
         (file.permitted & bit(Capability::perfmon)) != 0;
}

std::string tell_file(const FileCapabilities& file) {
  return "file capabilities " + format_mask(file.permitted) + (file.effective ? "=ep" : "=p");
}

// Of a file that can be executed as far as its mode goes. One that lacks the right capability may
// demand another that is out of reach.
std::vector<Finding> judge_capabilities(const MainProgram& program, const HostFacts& facts) {
  const FileCapabilities& file = *program.file_capabilities;
  const std::string seen =
      program.path + ": " + (file.present ? tell_file(file) : "no security.capability");
  const auto missing = out_of_reach(file, facts);
  const bool counts = program.nosuid_mount != true && facts.no_file_caps != true;
  std::vector<Finding> findings;
  if (counts && file.effective && missing && *missing != 0) {
    findings.push_back(make_finding("main_program_exec_refused", Severity::fail,
                                    seen + ", CapBnd " + format_mask(facts.capabilities->bounding) +
                                        " lacks " + format_mask(*missing),
                                    facts));
  }
  if (!grants_perfmon(file)) {
    findings.push_back(make_finding("main_program_lacks_perfmon",
                                    facts.uid == uid_t{0} ? Severity::warn : Severity::fail, seen,
                                    facts));
  } else if (program.nosuid_mount == true) {
    findings.push_back(
        make_finding("main_program_nosuid", Severity::fail, seen + ", nosuid mount", facts));
  }
  if (findings.empty()) {
    findings.push_back(make_finding("main_program_starts", Severity::ok, seen, facts));
  }
  return findings;
}

}  // namespace

MainProgram look_at_main_program(const std::string& path) {
  MainProgram program;
  program.path = path;
  std::error_code error;
  program.exists = std::filesystem::is_regular_file(path, error);
  if (error && error.value() != ENOENT) {
    program.exists.reset();
  }
  if (program.exists == true) {
    struct statvfs mount {};
    const bool is_noexec = ::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0;
    program.executable = !is_noexec && ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
    program.file_capabilities = read_file_capabilities(path);
    program.nosuid_mount = is_on_nosuid_mount(path);
  }
  return program;
}

std::vector<Finding> judge_main_program(const MainProgram& program, const HostFacts& facts) {
  const std::string& seen = program.path;
  if (program.exists == false) {
    return {make_finding("main_program_missing", Severity::fail, seen + ": ENOENT", facts)};
  }
  if (program.exists && program.executable == false) {
    return {make_finding("main_program_not_executable", Severity::fail,
                         seen + ": access(X_OK) denied, or a noexec mount", facts)};
  }
  if (!program.exists || !program.executable || !program.file_capabilities) {
    return {make_finding("unexplained_refusal", Severity::unknown,
                         seen + ": the file or its capabilities can't be read", facts)};
  }
  return judge_capabilities(program, facts);
}

}  // namespace perf_exporter
