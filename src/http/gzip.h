#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"

struct isal_zstream;

namespace perf_exporter {

// A gzip compressor at isa-l's level 1, to be reused: its state (some 400 KB, most of it touched
// only for large bodies) and its output live on the heap from the first use on. Not for use by two
// threads at once.
class GzipCompressor {
 public:
  GzipCompressor();
  ~GzipCompressor();
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  // One gzip member (RFC 1952) that holds all of `text`, which is shorter than 2 GiB. The bytes are
  // valid until the next call. Allocates only where a text is longer than all before it.
  Result<std::string_view> compress(std::string_view text);

 private:
  std::unique_ptr<isal_zstream> stream_;
  std::vector<std::uint8_t> level_buffer_;
  std::vector<std::uint8_t> output_;
};

}  // namespace perf_exporter
