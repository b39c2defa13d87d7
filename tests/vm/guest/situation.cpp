// situation OPTION... [-- COMMAND ARGUMENT...]: puts itself into a situation, one option after the
// other, and there executes a command or opens an event. Static and free of libraries, so that it
// runs in a guest that has nothing else.
//
//   --user N               becomes this user and group, keeping all capabilities for the moment
//   --caps NAME,... | none holds exactly these, so that they outlive an exec (ambient)
//   --user-namespace       becomes root of a user namespace of its own
//   --seccomp N | kill     filters perf_event_open: it gets this errno, or the process is killed
//   --files N              limits the number of open files
//   --label TEXT           goes to /proc/self/attr/exec: the label of what is executed next
//   --wait N               waits for so many milliseconds
//   --open user|kernel|cpu|PID   opens a software event: on itself in user mode, in kernel mode as
//                          well, on CPU 0, or on a process in user mode; exits with its errno
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(99);
}

void check(long result, const char* what) {
  if (result < 0) {
    fail(what);
  }
}

void write_to(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY);
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    fail(path);
  }
  ::close(fd);
}

void become_user(const std::string& number) {
  const auto user = static_cast<uid_t>(std::atoi(number.c_str()));
  check(::prctl(PR_SET_KEEPCAPS, 1), "keepcaps");
  check(::setgroups(0, nullptr), "setgroups");
  check(::setresgid(user, user, user), "setresgid");
  check(::setresuid(user, user, user), "setresuid");
}

int capability_number(const std::string& name) {
  if (name == "perfmon") {
    return CAP_PERFMON;
  }
  if (name == "sys_admin") {
    return CAP_SYS_ADMIN;
  }
  if (name == "sys_ptrace") {
    return CAP_SYS_PTRACE;
  }
  std::fprintf(stderr, "situation: unknown capability %s\n", name.c_str());
  std::exit(99);
}

void hold(const std::string& list) {
  std::uint64_t mask = 0;
  for (std::size_t begin = 0; list != "none" && begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    mask |= std::uint64_t{1} << capability_number(list.substr(begin, end - begin));
    begin = end + 1;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int half = 0; half < 2; ++half) {
    const auto word = static_cast<std::uint32_t>(mask >> (32 * half));
    data[half] = {word, word, word};
  }
  check(::syscall(SYS_capset, &header, data), "capset");
  for (int number = 0; number < 64; ++number) {
    if (((mask >> number) & 1) != 0) {
      check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0), "ambient");
    }
  }
}

void enter_user_namespace() {
  const std::string user = std::to_string(::getuid());
  const std::string group = std::to_string(::getgid());
  check(::prctl(PR_SET_DUMPABLE, 1), "dumpable");
  check(::unshare(CLONE_NEWUSER), "unshare");
  write_to("/proc/self/setgroups", "deny");
  write_to("/proc/self/uid_map", "0 " + user + " 1");
  write_to("/proc/self/gid_map", "0 " + group + " 1");
}

void filter(const std::string& answer) {
  const std::uint32_t action =
      answer == "kill" ? SECCOMP_RET_KILL_PROCESS
                       : SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(std::atoi(answer.c_str()));
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog whole{static_cast<unsigned short>(std::size(program)), program};
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  check(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole), "seccomp");
}

void limit_files(const std::string& number) {
  const auto most = static_cast<rlim_t>(std::atoi(number.c_str()));
  const rlimit limit{most, most};
  check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

int open_event(const std::string& target) {
  perf_event_attr attr{};
  attr.size = PERF_ATTR_SIZE_VER0;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.disabled = 1;
  attr.exclude_kernel = target == "kernel" || target == "cpu" ? 0 : 1;
  const int other = std::atoi(target.c_str());
  const pid_t process = target == "cpu" ? -1 : other;
  const int cpu = target == "cpu" ? 0 : -1;
  const long fd = ::syscall(SYS_perf_event_open, &attr, process, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  const int error = fd < 0 ? errno : 0;
  std::printf("situation: open %s: %s\n", target.c_str(), error == 0 ? "ok" : std::strerror(error));
  return error;
}

void apply(const std::string& option, const std::string& value) {
  if (option == "--user") {
    become_user(value);
  } else if (option == "--caps") {
    hold(value);
  } else if (option == "--seccomp") {
    filter(value);
  } else if (option == "--files") {
    limit_files(value);
  } else if (option == "--label") {
    write_to("/proc/self/attr/exec", value);
  } else if (option == "--wait") {
    ::usleep(static_cast<useconds_t>(1000 * std::atoi(value.c_str())));
  } else if (option == "--open") {
    std::exit(open_event(value));
  } else {
    std::fprintf(stderr, "situation: unknown option %s\n", option.c_str());
    std::exit(99);
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--" && i + 1 < argc) {
      ::execvp(argv[i + 1], argv + i + 1);
      fail(argv[i + 1]);
    }
    if (option == "--user-namespace") {
      enter_user_namespace();
    } else if (i + 1 < argc) {
      apply(option, argv[++i]);
    }
  }
  std::fprintf(stderr, "situation: nothing to do\n");
  return 99;
}
