#pragma once

#include "app/options/options.h"
#include "app/session.h"
#include "http/content.h"

namespace perf_exporter {

// What a session serves, page by page. Both must outlive it.
Content content_of(const Options& options, Session& session);

}  // namespace perf_exporter
