// The floor of a scrape: what no server of the same page on this kernel can do without. One thread
// waits, receives, reads one group of software events per CPU, puts their values into the page,
// compresses it where asked, and sends it. No routes, no limits, no timeouts, no judgement of what
// was read: it is there to be measured against.
//
// floor_server --web.listen-address=127.0.0.1:PORT --page=FILE
//
// FILE is a page of the exporter's; the samples of perf_cpu_... in it get what is read, all else is
// sent as it is.
#include <arpa/inet.h>
#include <isa-l/igzip_lib.h>
#include <linux/perf_event.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::array<std::uint64_t, 5> kEvents = {
    PERF_COUNT_SW_PAGE_FAULTS, PERF_COUNT_SW_PAGE_FAULTS_MIN, PERF_COUNT_SW_PAGE_FAULTS_MAJ,
    PERF_COUNT_SW_CONTEXT_SWITCHES, PERF_COUNT_SW_CPU_MIGRATIONS};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

// {nr, enabled, running, {value, id}...}, as the exporter reads it.
struct Reading {
  std::uint64_t members;
  std::uint64_t enabled;
  std::uint64_t running;
  struct {
    std::uint64_t value;
    std::uint64_t id;
  } events[kEvents.size()];
};

int open_group(int cpu) {
  int leader = -1;
  for (const std::uint64_t event : kEvents) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = event;
    attr.disabled = leader < 0;
    attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED |
                       PERF_FORMAT_TOTAL_TIME_RUNNING;
    const long fd = ::syscall(SYS_perf_event_open, &attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) {
      die("perf_event_open");
    }
    leader = leader < 0 ? static_cast<int>(fd) : leader;
  }
  if (::ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP) != 0) {
    die("PERF_EVENT_IOC_ENABLE");
  }
  return leader;
}

// The page as pieces of text, each of which but the last has a value behind it.
std::vector<std::string> pieces_of(const std::string& page) {
  std::vector<std::string> pieces(1);
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = page.find('\n', at);
    const std::string_view line(page.data() + at, end - at);
    if (line.starts_with("perf_cpu_")) {
      const std::size_t value = line.rfind(' ') + 1;
      pieces.back().append(line.substr(0, value));
      pieces.emplace_back("\n");
    } else {
      pieces.back().append(line).append("\n");
    }
    at = end + 1;
  }
  return pieces;
}

class Floor {
 public:
  explicit Floor(const std::string& page) : pieces_(pieces_of(page)) {
    const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
    for (int cpu = 0; cpu < cpus; ++cpu) {
      groups_.push_back(open_group(cpu));
    }
    values_.resize(groups_.size() * kEvents.size());
    level_buffer_.resize(ISAL_DEF_LVL1_DEFAULT);
    compressed_.resize(2 * page.size() + 4096);
  }

  // Head and body, valid until the next call.
  std::string_view answer(std::string_view request) {
    read_groups();
    write_page();
    const bool gzip = request.find("gzip") != std::string_view::npos;
    const std::string_view body = gzip ? compress() : std::string_view(body_);
    answer_ = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
    answer_ += gzip ? "Content-Encoding: gzip\r\nContent-Length: " : "Content-Length: ";
    append_number(body.size(), answer_);
    answer_ += "\r\n\r\n";
    answer_ += body;
    return answer_;
  }

 private:
  static void append_number(std::uint64_t number, std::string& out) {
    std::array<char, 20> digits{};
    out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
  }

  void read_groups() {
    std::size_t next = 0;
    for (const int group : groups_) {
      Reading reading{};
      if (::read(group, &reading, sizeof reading) != sizeof reading) {
        die("read");
      }
      for (const auto& event : reading.events) {
        values_[next++] = event.value;
      }
    }
  }

  void write_page() {
    body_.clear();
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      body_ += pieces_[i];
      if (i + 1 < pieces_.size()) {
        append_number(values_[i % values_.size()], body_);
      }
    }
  }

  std::string_view compress() {
    isal_deflate_stateless_init(&stream_);
    stream_.level = 1;
    stream_.level_buf = level_buffer_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream_.gzip_flag = IGZIP_GZIP;
    stream_.end_of_stream = 1;
    stream_.next_in = reinterpret_cast<std::uint8_t*>(body_.data());
    stream_.avail_in = static_cast<std::uint32_t>(body_.size());
    stream_.next_out = compressed_.data();
    stream_.avail_out = static_cast<std::uint32_t>(compressed_.size());
    if (isal_deflate_stateless(&stream_) != COMP_OK) {
      die("isal_deflate_stateless");
    }
    return {reinterpret_cast<const char*>(compressed_.data()), stream_.total_out};
  }

  std::vector<std::string> pieces_;
  std::vector<int> groups_;
  std::vector<std::uint64_t> values_;
  std::string body_;
  std::string answer_;
  isal_zstream stream_{};
  std::vector<std::uint8_t> level_buffer_;
  std::vector<std::uint8_t> compressed_;
};

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    die("epoll_ctl");
  }
}

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, SOMAXCONN) != 0) {
    die("listen");
  }
  return listener;
}

// Whether the connection stays.
bool serve_connection(int fd, std::string& received, Floor& floor) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    return false;
  }
  received.append(buffer.data(), static_cast<std::size_t>(got));
  if (!received.ends_with("\r\n\r\n")) {
    return true;
  }
  const std::string_view answer = floor.answer(received);
  const bool whole =
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
  const bool stays = whole && received.find("Connection: close") == std::string::npos;
  received.clear();
  return stays;
}

[[noreturn]] void serve(std::uint16_t port, Floor& floor) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const int listener = listen_on(port);
  watch(epoll, listener);
  std::map<int, std::string> received;
  while (true) {
    std::array<epoll_event, 64> ready{};
    const int count = ::epoll_wait(epoll, ready.data(), ready.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) {
          watch(epoll, client);
        }
      } else if (!serve_connection(fd, received[fd], floor)) {
        received.erase(fd);
        ::close(fd);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kListen = "--web.listen-address=127.0.0.1:";
  constexpr std::string_view kPage = "--page=";
  if (argc != 3 || !std::string_view(argv[1]).starts_with(kListen) ||
      !std::string_view(argv[2]).starts_with(kPage)) {
    std::fputs("usage: floor_server --web.listen-address=127.0.0.1:PORT --page=FILE\n", stderr);
    return EXIT_FAILURE;
  }
  std::ifstream file(argv[2] + kPage.size());
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  Floor floor(page);
  serve(static_cast<std::uint16_t>(std::atoi(argv[1] + kListen.size())), floor);
}
