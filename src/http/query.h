#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perf_exporter {

// Undoes the percent-encoding of a form value; '+' is a space. A percent sign without two
// hexadecimal digits stays as it is.
std::string decode_form(std::string_view text);

// The decoded values of every parameter of that (decoded) name in a URI's query, in their order.
std::vector<std::string> query_values(std::string_view query, std::string_view name);

}  // namespace perf_exporter
