#include "kafka/decompression.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/byte_codec.h"

namespace marquee::kafka {

namespace {

constexpr std::size_t first_output_bytes = 4096;
/// No snappy element makes more than 64 bytes of less than 3.
constexpr std::size_t best_snappy_ratio = 22;
/// Java's framing of snappy: this, two version numbers, then blocks with their lengths.
constexpr std::array<std::uint8_t, 8> xerial_magic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::size_t xerial_header_bytes = xerial_magic.size() + 8;

failure damaged(const char* codec) {
  return fail(error_code::corrupt, std::string("the ") + codec + " data is damaged or cut off");
}

/// What comes out: grows by doubling, up to one byte over the limit, by which too much is told from enough.
class bounded_output {
 public:
  explicit bounded_output(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Free space, at least one byte unless the limit is passed.
  [[nodiscard]] std::span<std::uint8_t> room() {
    if (used_ == data_.size())
      data_.resize(std::min(std::max(first_output_bytes, data_.size() * 2), most_bytes_ + 1));
    return std::span(data_).subspan(used_);
  }
  void commit(std::size_t size) { used_ += size; }
  [[nodiscard]] bool passed_limit() const { return used_ > most_bytes_; }
  [[nodiscard]] std::size_t left() const { return most_bytes_ - used_; }
  [[nodiscard]] failure too_large() const {
    return fail(error_code::too_large, "decompressed it is larger than " + std::to_string(most_bytes_) +
                                           " bytes (8 times max.message.bytes)");
  }
  [[nodiscard]] bytes finish() {
    data_.resize(used_);
    return std::move(data_);
  }

 private:
  std::size_t most_bytes_;
  std::size_t used_ = 0;
  bytes data_;
};

result<bytes> gunzip(bytes_view data, bounded_output out) {
  constexpr int gzip_header_with_largest_window = 16 + MAX_WBITS;
  z_stream stream{};
  if (inflateInit2(&stream, gzip_header_with_largest_window) != Z_OK)
    return fail(error_code::internal, "zlib cannot be set up");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> cleanup(&stream, &inflateEnd);
  stream.next_in = const_cast<Bytef*>(data.data());  // zlib only reads it
  stream.avail_in = static_cast<uInt>(data.size());
  for (;;) {
    const std::span<std::uint8_t> room = out.room();
    stream.next_out = room.data();
    stream.avail_out = static_cast<uInt>(room.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.commit(room.size() - stream.avail_out);
    if (out.passed_limit()) return out.too_large();
    if (status == Z_STREAM_END && stream.avail_in == 0) return out.finish();
    // A gzip file may have several members.
    const int next = status == Z_STREAM_END ? inflateReset(&stream) : status;
    if (next != Z_OK) return damaged("gzip");
    if (stream.avail_in == 0 && stream.avail_out != 0) return damaged("gzip");
  }
}

result<> unsnap_block(bytes_view block, bounded_output& out, bytes& scratch) {
  const auto* text = reinterpret_cast<const char*>(block.data());
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(text, block.size(), &size)) return damaged("snappy");
  if (size > block.size() * best_snappy_ratio) return damaged("snappy");
  if (size > out.left()) return out.too_large();
  scratch.resize(size);
  if (!snappy::RawUncompress(text, block.size(), reinterpret_cast<char*>(scratch.data())))
    return damaged("snappy");
  for (bytes_view rest = scratch; !rest.empty();) {
    const std::span<std::uint8_t> room = out.room();
    const std::size_t step = std::min(room.size(), rest.size());
    std::copy_n(rest.begin(), step, room.begin());
    out.commit(step);
    rest = rest.subspan(step);
  }
  return {};
}

result<bytes> unsnap(bytes_view data, bounded_output out) {
  bytes scratch;
  const bool framed = data.size() >= xerial_magic.size() &&
                      std::equal(xerial_magic.begin(), xerial_magic.end(), data.begin());
  if (!framed) {
    if (const auto read = unsnap_block(data, out, scratch); !read) return fail(read);
    return out.finish();
  }
  if (data.size() < xerial_header_bytes) return damaged("snappy");
  byte_reader in(data.subspan(xerial_header_bytes));
  while (in.remaining() > 0) {
    const auto length = in.get<std::int32_t>();
    if (in.failed() || length <= 0) return damaged("snappy");
    const bytes_view block = in.get_bytes(static_cast<std::size_t>(length));
    if (in.failed()) return damaged("snappy");
    if (const auto read = unsnap_block(block, out, scratch); !read) return fail(read);
  }
  return out.finish();
}

result<bytes> unlz4(bytes_view data, bounded_output out) {
  LZ4F_dctx* created = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&created, LZ4F_VERSION)) != 0)
    return fail(error_code::internal, "LZ4 cannot be set up");
  const std::unique_ptr<LZ4F_dctx, decltype(&LZ4F_freeDecompressionContext)> context(
      created, &LZ4F_freeDecompressionContext);
  for (;;) {
    const std::span<std::uint8_t> room = out.room();
    std::size_t written = room.size();
    std::size_t read = data.size();
    const std::size_t hint =
        LZ4F_decompress(context.get(), room.data(), &written, data.data(), &read, nullptr);
    if (LZ4F_isError(hint) != 0) return damaged("lz4");
    out.commit(written);
    data = data.subspan(read);
    if (out.passed_limit()) return out.too_large();
    if (hint == 0 && data.empty()) return out.finish();
    if (read == 0 && written == 0) return damaged("lz4");
  }
}

result<bytes> unzstd(bytes_view data, bounded_output out) {
  // The frame's window is bounded by the library (128 MiB) and touched only as far as it is filled.
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream);
  if (stream == nullptr) return fail(error_code::internal, "zstd cannot be set up");
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  for (;;) {
    const std::span<std::uint8_t> room = out.room();
    ZSTD_outBuffer target{room.data(), room.size(), 0};
    const std::size_t read_before = in.pos;
    const std::size_t hint = ZSTD_decompressStream(stream.get(), &target, &in);
    if (ZSTD_isError(hint) != 0) return damaged("zstd");
    out.commit(target.pos);
    if (out.passed_limit()) return out.too_large();
    if (hint == 0 && in.pos == in.size) return out.finish();
    if (in.pos == read_before && target.pos == 0) return damaged("zstd");
  }
}

}  // namespace

result<bytes> decompress(compression codec, bytes_view data, std::size_t most_bytes) {
  bounded_output out(most_bytes);
  switch (codec) {
    case compression::none:
      if (data.size() > most_bytes) return out.too_large();
      return bytes(data.begin(), data.end());
    case compression::gzip:
      return gunzip(data, std::move(out));
    case compression::snappy:
      return unsnap(data, std::move(out));
    case compression::lz4:
      return unlz4(data, std::move(out));
    case compression::zstd:
      return unzstd(data, std::move(out));
  }
  return fail(error_code::unsupported,
              "compression codec " + std::to_string(static_cast<int>(codec)) + " does not exist");
}

}  // namespace marquee::kafka
