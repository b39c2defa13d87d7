#include "kernel/exporter_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "kernel/hardware_test.h"

namespace perf_exporter {
namespace {

constexpr std::uint64_t kLookEvery = 20 * kMillisecond;
constexpr int kLooks = 1000;  // patience for machines that do much else

std::filesystem::path new_directory() {
  std::string path = std::filesystem::temp_directory_path() / "kernel-test-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    throw std::runtime_error("cannot make " + path);
  }
  return path;
}

std::string exporter_binary() {
  const char* path = std::getenv("PERF_EXPORTER");
  if (path == nullptr || ::access(path, X_OK) != 0) {
    throw std::runtime_error("the environment's PERF_EXPORTER names no program");
  }
  return path;
}

[[noreturn]] void execute(std::vector<std::string> command, const std::string& log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nothing behind
  const int output = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  for (std::string& argument : command) {
    arguments.push_back(argument.data());
  }
  arguments.push_back(nullptr);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

}  // namespace

Page::Page(std::string text) : text_(std::make_unique<const std::string>(std::move(text))) {
  std::string_view rest = *text_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const std::size_t space = line.rfind(' ');
    if (!line.starts_with('#') && space != std::string_view::npos) {
      // The text ends every number: a blank or a line end follows it.
      values_[line.substr(0, space)] = std::strtold(line.data() + space + 1, nullptr);
    }
  }
}

std::optional<long double> Page::value(std::string_view series) const {
  const auto found = values_.find(series);
  return found != values_.end() ? std::optional(found->second) : std::nullopt;
}

ExporterProcess::ExporterProcess(const std::vector<std::string>& arguments)
    : directory_(new_directory()) {
  std::vector<std::string> command = {
      exporter_binary(), "--web.listen-address=unix:" + (directory_ / "socket").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string log = directory_ / "log";
  pid_ = ::fork();
  if (pid_ == 0) {
    execute(std::move(command), log);
  }
  try {
    wait_until_ready();
  } catch (const std::exception& error) {
    const std::string said = error.what() + (", its log:\n" + this->log());
    stop();
    throw std::runtime_error(said);
  }
}

ExporterProcess::~ExporterProcess() {
  stop();
}

// Whether it says that its events are open; connects first, which fails before it listens.
bool ExporterProcess::answers(const std::filesystem::path& socket) {
  try {
    if (!client_) {
      client_.emplace("unix:" + socket.string());
    }
    return client_->get("/-/ready").status == 200;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void ExporterProcess::wait_until_ready() {
  const std::filesystem::path socket = directory_ / "socket";
  for (int look = 0; look < kLooks; ++look) {
    sleep_for(kLookEvery);
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("the exporter ended at once");
    }
    if (answers(socket)) {
      return;
    }
  }
  throw std::runtime_error("the exporter did not become ready");
}

std::string ExporterProcess::scrape() {
  sleep_for(2 * kMillisecond);
  HttpAnswer answer = client_->get("/metrics");
  if (answer.status != 200) {
    throw std::runtime_error("a scrape was answered with " + std::to_string(answer.status));
  }
  return std::move(answer.body);
}

std::string ExporterProcess::log() const {
  std::ostringstream text;
  text << std::ifstream(directory_ / "log").rdbuf();
  return text.str();
}

void ExporterProcess::stop() {
  client_.reset();
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    pid_t ended = 0;
    for (int look = 0; look < kLooks && ended == 0; ++look) {
      ended = ::waitpid(pid_, nullptr, WNOHANG);
      if (ended == 0) {
        sleep_for(kLookEvery);
      }
    }
    if (ended == 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      ADD_FAILURE() << "the exporter did not end when asked to";
    }
    pid_ = -1;
  }
  if (testing::Test::HasFailure()) {
    std::cout << "--- the exporter's log\n" << log() << "---" << std::endl;
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace perf_exporter
