// Content negotiation by Accept and Accept-Encoding (RFC 9110, section 12.5) for what is not the
// exposition format itself.
#pragma once

#include <initializer_list>
#include <string_view>

#include "http/content.h"

namespace perf_exporter {

enum class ContentCoding { identity, gzip };

// gzip where the header allows it and does not prefer identity; identity for an empty header. An
// unreadable q counts as 0: the client gets what every client reads.
ContentCoding negotiate_coding(std::string_view accept_encoding);

// The one of `offers` that the Accept header likes best. Of equally liked ones the first; the first
// as well where the header is empty or allows none of them, since a page is better than a 406.
PageFormat negotiate_page(std::string_view accept, std::initializer_list<PageFormat> offers);

// The media type of a page, with its charset.
std::string_view media_type(PageFormat format);

}  // namespace perf_exporter
