#include "caps/witness/tracefs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

namespace perf_exporter {
namespace {

constexpr std::size_t kMaxTextBytes = 1 << 20;

bool is_tracefs(const std::filesystem::path& path) {
  struct statfs info {};
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == TRACEFS_MAGIC;
}

tl::unexpected<Fault> trace_fault(const std::string& what, int error) {
  return fault(what + ": " + std::strerror(error), error);
}

// O_APPEND or O_TRUNC matters: truncating kprobe_events would remove everybody's probes.
Result<void> write_file(const std::filesystem::path& path, std::string_view text, int flag) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flag));
  if (!fd.valid()) {
    return trace_fault("cannot write " + path.string(), errno);
  }
  const ssize_t written = ::write(fd.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    return trace_fault(
        "cannot write '" + std::string(text.substr(0, text.find('\n'))) + "' to " + path.string(),
        written < 0 ? errno : EIO);
  }
  return {};
}

// "GROUP/EVENT" of every probe whose group starts so: kprobe_events has lines like
// "p:GROUP/EVENT what" and "r64:GROUP/EVENT what".
std::vector<std::string> probes_of(const std::filesystem::path& root, std::string_view group) {
  std::vector<std::string> events;
  const auto taken = for_each_line_of(root / "kprobe_events", [&](std::string_view line) {
    const auto colon = line.find(':');
    const auto end = line.find(' ');
    if (colon < end && line.substr(colon + 1).starts_with(group)) {
      events.emplace_back(line.substr(colon + 1, end - colon - 1));
    }
  });
  return taken ? events : std::vector<std::string>{};
}

Result<void> remove_probe(const std::filesystem::path& root, const std::string& event) {
  return write_file(root / "kprobe_events", "-:" + event + "\n", O_APPEND);
}

// Probes can go only once no instance records them.
Result<void> dismantle(const std::filesystem::path& root, const std::string& name) {
  const auto instance = root / "instances" / name;
  Result<void> done;
  const auto keep = [&done](const Result<void>& step) {
    if (!step && done) {
      done = step;
    }
  };
  keep(write_file(instance / "events/enable", "0", O_TRUNC));
  keep(write_file(instance / "current_tracer", "nop", O_TRUNC));
  for (const std::string& event : probes_of(root, name + "/")) {
    keep(remove_probe(root, event));
  }
  if (::rmdir(instance.c_str()) != 0) {
    keep(trace_fault("cannot remove " + instance.string(), errno));
  }
  return done;
}

// Invalid, with errno, where that can't be had; EWOULDBLOCK: another process has it.
UniqueFd lock_directory(const std::filesystem::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
    return fd;
  }
  const int error = errno;
  fd = UniqueFd();
  errno = error;
  return fd;
}

// Held while instances come or go, lest one be taken for left behind before its maker has locked
// it. Whoever holds it may hang in the kernel: after a while it is done without.
UniqueFd lock_coming_and_going(const std::filesystem::path& root) {
  constexpr int kTries = 400;
  constexpr auto kPause = std::chrono::milliseconds(5);
  UniqueFd lock = lock_directory(root / "instances");
  for (int i = 1; i < kTries && !lock.valid() && errno == EWOULDBLOCK; ++i) {
    std::this_thread::sleep_for(kPause);
    lock = lock_directory(root / "instances");
  }
  return lock;
}

tl::unexpected<Fault> mount_fault(int error) {
  const char* why = error == EPERM    ? ": that takes CAP_SYS_ADMIN; run as root"
                    : error == ENODEV ? ": this kernel has none (CONFIG_TRACING)"
                                      : "";
  return trace_fault(std::string("tracefs is not mounted, and cannot be mounted") + why, error);
}

}  // namespace

Result<Tracefs> Tracefs::find(const HostPaths& paths) {
  for (const char* place : {"kernel/tracing", "kernel/debug/tracing"}) {
    if (is_tracefs(paths.sysfs / place / "")) {
      return Tracefs(paths.sysfs / place);
    }
  }
  const UniqueFd system(::fsopen("tracefs", FSOPEN_CLOEXEC));
  if (!system.valid() || ::fsconfig(system.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return mount_fault(errno);
  }
  UniqueFd mount(::fsmount(system.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  if (!mount.valid()) {
    return mount_fault(errno);
  }
  Tracefs found("/proc/self/fd/" + std::to_string(mount.get()));
  found.mount_ = std::move(mount);
  return found;
}

void remove_left_instances(const Tracefs& tracefs) {
  const UniqueFd turn = lock_coming_and_going(tracefs.root());
  const auto names = list_directory(tracefs.root() / "instances");
  if (!names) {
    return;
  }
  for (const std::string& name : *names) {
    if (!name.starts_with(kTracePrefix)) {
      continue;
    }
    if (const UniqueFd lock = lock_directory(tracefs.root() / "instances" / name); lock.valid()) {
      static_cast<void>(dismantle(tracefs.root(), name));
    }
  }
  for (const std::string& event : probes_of(tracefs.root(), kTracePrefix)) {
    const std::string group = event.substr(0, event.find('/'));
    if (::access((tracefs.root() / "instances" / group).c_str(), F_OK) != 0) {
      static_cast<void>(remove_probe(tracefs.root(), event));
    }
  }
}

Result<TraceInstance> TraceInstance::create(const Tracefs& tracefs) {
  TraceInstance made(tracefs.root(), std::string(kTracePrefix) + std::to_string(::getpid()));
  const auto directory = made.path("");
  if (::access((tracefs.root() / "instances").c_str(), W_OK) != 0) {
    made.name_.clear();
    return errno == ENOENT
               ? fault("tracefs is empty: the boot option lockdown=confidentiality keeps it so",
                       errno)
               : trace_fault("cannot write to tracefs; run as root", errno);
  }
  const UniqueFd turn = lock_coming_and_going(tracefs.root());
  if (::mkdir(directory.c_str(), 0700) != 0) {
    made.name_.clear();
    return trace_fault("cannot make the tracefs instance " + directory.string(), errno);
  }
  made.lock_ = lock_directory(directory);
  return made;
}

TraceInstance::TraceInstance(std::filesystem::path root, std::string name)
    : root_(std::move(root)), name_(std::move(name)) {}

TraceInstance::TraceInstance(TraceInstance&& other) noexcept
    : root_(std::move(other.root_)),
      name_(std::exchange(other.name_, {})),
      lock_(std::move(other.lock_)),
      pipe_(std::move(other.pipe_)) {}

TraceInstance::~TraceInstance() {
  static_cast<void>(remove());
}

std::filesystem::path TraceInstance::path(const std::string& file) const {
  return root_ / "instances" / name_ / file;
}

bool TraceInstance::has(const std::string& file) const {
  return ::access(path(file).c_str(), F_OK) == 0;
}

Result<void> TraceInstance::set(const std::string& file, std::string_view text) const {
  return write_file(path(file), text, O_TRUNC);
}

Result<void> TraceInstance::append(const std::string& file, std::string_view text) const {
  return write_file(path(file), text, O_APPEND);
}

Result<void> TraceInstance::define_probe(const std::string& kind, const std::string& event,
                                         const std::string& what) const {
  return write_file(root_ / "kprobe_events", kind + ":" + name_ + "/" + event + " " + what + "\n",
                    O_APPEND);
}

Result<void> TraceInstance::open_pipe() {
  pipe_ = UniqueFd(::open(path("trace_pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  return pipe_.valid() ? Result<void>()
                       : trace_fault("cannot read " + path("trace_pipe").string(), errno);
}

std::string TraceInstance::take_text() {
  std::string text;
  char block[4096];
  while (text.size() < kMaxTextBytes) {
    const ssize_t got = ::read(pipe_.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return text;
    }
    text.append(block, static_cast<std::size_t>(got));
  }
  return text;
}

Result<void> TraceInstance::remove() {
  if (name_.empty()) {
    return {};
  }
  pipe_ = UniqueFd();  // an open one keeps the instance from being removed
  return dismantle(root_, std::exchange(name_, {}));
}

Result<void> for_each_line_of(const std::filesystem::path& path,
                              const std::function<void(std::string_view)>& take) {
  errno = 0;
  std::ifstream file(path);
  if (!file) {
    return trace_fault("cannot read " + path.string(), errno);
  }
  for (std::string line; std::getline(file, line);) {
    take(line);
  }
  if (file.bad()) {
    return trace_fault("cannot read " + path.string(), errno);
  }
  return {};
}

}  // namespace perf_exporter
