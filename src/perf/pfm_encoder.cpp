#include "perf/pfm_encoder.h"

#include <dlfcn.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <perfmon/pfmlib_perf_event.h>

#include <cstring>

#include "base/search.h"

namespace perf_exporter {
namespace {

// libpfm4, loaded while it is asked: linked, its tables of all PMUs ever made would cost every
// server 2 MiB of memory for what `list` alone needs.
class Library {
 public:
  Library() : handle_(::dlopen("libpfm.so.4", RTLD_NOW | RTLD_LOCAL)) {}
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (handle_ != nullptr) {
      ::dlclose(handle_);
    }
  }

  // Sets `function` to the library's function of this name; false where it has none.
  template <class Function>
  bool find(const char* name, Function& function) const {
    function = handle_ != nullptr ? reinterpret_cast<Function>(::dlsym(handle_, name)) : nullptr;
    return function != nullptr;
  }

 private:
  void* handle_;
};

struct Pfm {
  decltype(&::pfm_initialize) initialize = nullptr;
  decltype(&::pfm_terminate) terminate = nullptr;
  decltype(&::pfm_strerror) strerror = nullptr;
  decltype(&::pfm_get_pmu_info) get_pmu_info = nullptr;
  decltype(&::pfm_get_event_info) get_event_info = nullptr;
  decltype(&::pfm_get_event_next) get_event_next = nullptr;
  decltype(&::pfm_get_event_attr_info) get_event_attr_info = nullptr;
  decltype(&::pfm_get_os_event_encoding) get_os_event_encoding = nullptr;

  bool load(const Library& library) {
    return library.find("pfm_initialize", initialize) && library.find("pfm_terminate", terminate) &&
           library.find("pfm_strerror", strerror) &&
           library.find("pfm_get_pmu_info", get_pmu_info) &&
           library.find("pfm_get_event_info", get_event_info) &&
           library.find("pfm_get_event_next", get_event_next) &&
           library.find("pfm_get_event_attr_info", get_event_attr_info) &&
           library.find("pfm_get_os_event_encoding", get_os_event_encoding);
  }
};

// Whether libpfm4 can make an event of this name for perf_event_open.
bool encode(const Pfm& pfm, const std::string& name, Encoding& encoding) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  pfm_perf_encode_arg_t argument{};
  argument.size = sizeof argument;
  argument.attr = &attr;
  const int encoded =
      pfm.get_os_event_encoding(name.c_str(), PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &argument);
  encoding = {attr.type, attr.config, attr.config1, attr.config2};
  return encoded == PFM_SUCCESS;
}

// The event as it is, or each of its unit masks where it can't go without one.
void append_encodings(const Pfm& pfm, const pfm_event_info_t& event, const std::string& name,
                      std::vector<PfmEvent>& found) {
  const std::string description = event.desc != nullptr ? event.desc : "";
  Encoding encoding;
  if (encode(pfm, name, encoding)) {
    found.push_back({name, description, encoding});
    return;
  }
  for (int i = 0; i < event.nattrs; ++i) {
    pfm_event_attr_info_t mask{};
    mask.size = sizeof mask;
    if (pfm.get_event_attr_info(event.idx, i, PFM_OS_PERF_EVENT, &mask) != PFM_SUCCESS ||
        mask.type != PFM_ATTR_UMASK) {
      continue;
    }
    const std::string masked = name + ":" + mask.name;
    if (encode(pfm, masked, encoding)) {
      found.push_back({masked, mask.desc != nullptr ? mask.desc : description, encoding});
    }
  }
}

void append_events_of(const Pfm& pfm, pfm_pmu_t pmu, std::string_view pattern,
                      std::vector<PfmEvent>& found) {
  pfm_pmu_info_t info{};
  info.size = sizeof info;
  if (pfm.get_pmu_info(pmu, &info) != PFM_SUCCESS || info.is_present == 0 ||
      std::strcmp(info.name, "perf") == 0 || std::strcmp(info.name, "perf_raw") == 0) {
    return;
  }
  for (int index = info.first_event; index != -1; index = pfm.get_event_next(index)) {
    pfm_event_info_t event{};
    event.size = sizeof event;
    if (pfm.get_event_info(index, PFM_OS_PERF_EVENT, &event) != PFM_SUCCESS) {
      continue;
    }
    const std::string name = std::string(info.name) + "::" + event.name;
    const bool wanted = holds_ignoring_case(name, pattern) ||
                        (event.desc != nullptr && holds_ignoring_case(event.desc, pattern));
    if (wanted) {
      append_encodings(pfm, event, name, found);
    }
  }
}

}  // namespace

Result<std::vector<PfmEvent>> find_pfm_events(std::string_view pattern) {
  const Library library;
  Pfm pfm;
  if (!pfm.load(library)) {
    return fault("libpfm.so.4 (package libpfm4) can't be loaded, so its events are not listed");
  }
  if (const int code = pfm.initialize(); code != PFM_SUCCESS) {
    return fault(std::string("libpfm4 does not know this CPU: ") + pfm.strerror(code));
  }
  std::vector<PfmEvent> found;
  for (int pmu = PFM_PMU_NONE; pmu < PFM_PMU_MAX; ++pmu) {
    append_events_of(pfm, static_cast<pfm_pmu_t>(pmu), pattern, found);
  }
  pfm.terminate();
  return found;
}

}  // namespace perf_exporter
