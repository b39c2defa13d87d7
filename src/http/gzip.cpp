#include "http/gzip.h"

#include <isa-l/igzip_lib.h>

#include <limits>

namespace perf_exporter {
namespace {

constexpr std::uint32_t kLevel = 1;

// Incompressible data is stored in blocks of at most 65,535 bytes with 5 bytes of header each (RFC
// 1951, section 3.2.4); the rest is room for header, trailer and a block header.
std::size_t compressed_bound(std::size_t size) {
  constexpr std::size_t kRoom = 1024;
  return size + size / 8192 + kRoom;
}

}  // namespace

GzipCompressor::GzipCompressor() = default;
GzipCompressor::~GzipCompressor() = default;

Result<std::string_view> GzipCompressor::compress(std::string_view text) {
  const std::size_t bound = compressed_bound(text.size());
  if (bound > std::numeric_limits<std::int32_t>::max()) {
    return fault("gzip: a body of " + std::to_string(text.size()) + " bytes is too long");
  }
  if (!stream_) {
    stream_ = std::make_unique<isal_zstream>();
    level_buffer_.resize(ISAL_DEF_LVL1_DEFAULT);
  }
  if (output_.size() < bound) {
    output_.resize(bound);
  }
  isal_deflate_stateless_init(stream_.get());
  stream_->level = kLevel;
  stream_->level_buf = level_buffer_.data();
  stream_->level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
  stream_->gzip_flag = IGZIP_GZIP;
  stream_->end_of_stream = 1;
  // The interface takes no const pointer, and only reads.
  stream_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream_->avail_in = static_cast<std::uint32_t>(text.size());
  stream_->next_out = output_.data();
  stream_->avail_out = static_cast<std::uint32_t>(output_.size());
  if (const int status = isal_deflate_stateless(stream_.get()); status != COMP_OK) {
    return fault("gzip: isa-l's deflate fails with status " + std::to_string(status));
  }
  return std::string_view(reinterpret_cast<const char*>(output_.data()), stream_->total_out);
}

}  // namespace perf_exporter
