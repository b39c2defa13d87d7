#include "app/address_watch.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "app/log.h"

namespace perf_exporter {
namespace {

constexpr std::chrono::seconds kLongestWait{30};

// The listen address with another host.
std::string at(const std::string& host, const std::string& address) {
  return host + address.substr(address.rfind(':'));
}

}  // namespace

AddressWatch::AddressWatch(Server& server, Session& session, std::shared_ptr<spdlog::logger> logger)
    : server_(server), session_(session), logger_(std::move(logger)) {
  tell(0);
}

void AddressWatch::look() {
  if (std::chrono::steady_clock::now() >= next_) {
    pause_ = std::min(2 * pause_, kLongestWait);
    look_again();
  }
}

void AddressWatch::look_again() {
  if (!server_.missing_addresses().empty()) {
    const std::size_t before = server_.addresses().size();
    server_.listen_again();
    tell(before);
  }
}

// From the first of the addresses on that have not been logged.
void AddressWatch::tell(std::size_t first) {
  const std::vector<std::string> addresses = server_.addresses();
  for (std::size_t i = first; i < addresses.size(); ++i) {
    logger_->info(with_fields(
        "listening", {{"url", url_of(addresses[i])}, {"address", sockets_of(addresses[i])}}));
  }
  std::string evidence;
  for (const std::string& missing : server_.missing_addresses()) {
    evidence += (evidence.empty() ? "" : "; ") + missing;
  }
  session_.note("address_unavailable",
                evidence.empty() ? std::nullopt : std::optional(std::move(evidence)));
  next_ = std::chrono::steady_clock::now() + pause_;
}

std::string url_of(const std::string& address) {
  if (address.starts_with("unix:")) {
    return address;
  }
  if (address.starts_with(":") || address.starts_with("0.0.0.0:")) {
    return "http://" + at("127.0.0.1", address);
  }
  if (address.starts_with("[::]:")) {
    return "http://" + at("[::1]", address);
  }
  const std::size_t zone = address.find('%');
  return "http://" + (zone == std::string::npos
                          ? address
                          : address.substr(0, zone) + "%25" + address.substr(zone + 1));
}

std::string sockets_of(const std::string& address) {
  return address.starts_with(":") ? "[::]" + address + " and 0.0.0.0" + address : address;
}

}  // namespace perf_exporter
