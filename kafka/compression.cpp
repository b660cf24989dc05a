#include "kafka/compression.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/byte_codec.h"

namespace marquee::kafka {

namespace {

/// Of input; what Java writes.
constexpr std::size_t xerial_block_bytes = 32 * 1024;
constexpr std::array<std::uint8_t, 16> xerial_header = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                        0,    0,   0,   1,   0,   0,   0,   1};

bytes gzip(bytes_view data) {
  constexpr int gzip_header_with_largest_window = 16 + MAX_WBITS;
  constexpr int default_memory = 8;
  z_stream stream{};
  MARQUEE_ASSERT(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_header_with_largest_window,
                              default_memory, Z_DEFAULT_STRATEGY) == Z_OK,
                 "zlib cannot be set up");
  bytes out(deflateBound(&stream, data.size()));
  stream.next_in = const_cast<Bytef*>(data.data());  // zlib only reads it
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  MARQUEE_ASSERT(status == Z_STREAM_END, "gzip needs more room than it said");
  return out;
}

bytes snap(bytes_view data) {
  bytes out(snappy::MaxCompressedLength(data.size()));
  std::size_t size = 0;
  snappy::RawCompress(reinterpret_cast<const char*>(data.data()), data.size(),
                      reinterpret_cast<char*>(out.data()), &size);
  out.resize(size);
  return out;
}

bytes snap_in_frames(bytes_view data) {
  bytes out(xerial_header.begin(), xerial_header.end());
  byte_writer writer(out);
  for (; !data.empty(); data = data.subspan(std::min(data.size(), xerial_block_bytes)))
    writer.put_sized(snap(data.first(std::min(data.size(), xerial_block_bytes))));
  return out;
}

bytes lz4_frame(bytes_view data) {
  bytes out(LZ4F_compressFrameBound(data.size(), nullptr));
  const std::size_t size = LZ4F_compressFrame(out.data(), out.size(), data.data(), data.size(), nullptr);
  MARQUEE_ASSERT(LZ4F_isError(size) == 0, "LZ4 needs more room than it said");
  out.resize(size);
  return out;
}

bytes zstd_frame(bytes_view data) {
  bytes out(ZSTD_compressBound(data.size()));
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), data.data(), data.size(), ZSTD_CLEVEL_DEFAULT);
  MARQUEE_ASSERT(ZSTD_isError(size) == 0, "zstd needs more room than it said");
  out.resize(size);
  return out;
}

}  // namespace

bytes compress(compression codec, bytes_view data, snappy_framing framing) {
  switch (codec) {
    case compression::gzip:
      return gzip(data);
    case compression::snappy:
      return framing == snappy_framing::xerial ? snap_in_frames(data) : snap(data);
    case compression::lz4:
      return lz4_frame(data);
    case compression::zstd:
      return zstd_frame(data);
    case compression::none:
      break;
  }
  return {data.begin(), data.end()};
}

}  // namespace marquee::kafka
