#include "raft/transport/frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_codec.h"
#include "base/crc32c.h"

namespace marquee::raft {

namespace {
constexpr std::uint16_t frame_magic = 0x4d46;
constexpr std::size_t checked_header_bytes = 12;
}  // namespace

encoded_frame_header encode_frame_header(frame_type type, std::span<const bytes_view> parts) {
  std::uint32_t checksum = 0;
  std::size_t size = 0;
  for (const bytes_view part : parts) {
    checksum = crc32c(part, checksum);
    size += part.size();
  }
  bytes raw;
  raw.reserve(frame_header_bytes);
  byte_writer out(raw);
  out.put(frame_magic);
  out.put(static_cast<std::uint8_t>(type));
  out.put(std::uint8_t{0});
  out.put(static_cast<std::uint32_t>(size));
  out.put(checksum);
  out.put(crc32c(raw));
  encoded_frame_header header{};
  std::copy(raw.begin(), raw.end(), header.begin());
  return header;
}

result<frame_header> decode_frame_header(bytes_view data, std::size_t limit_bytes) {
  byte_reader in(data);
  const auto magic = in.get<std::uint16_t>();
  const auto type = in.get<std::uint8_t>();
  static_cast<void>(in.get<std::uint8_t>());
  frame_header header{.type = static_cast<frame_type>(type)};
  header.payload_bytes = in.get<std::uint32_t>();
  header.payload_checksum = in.get<std::uint32_t>();
  const auto checksum = in.get<std::uint32_t>();
  if (in.failed()) return fail(error_code::corrupt, "the frame header is cut off");
  if (magic != frame_magic)
    return fail(error_code::corrupt, "this is not Marquee's protocol between brokers (wrong magic)");
  if (checksum != crc32c(data.first(checked_header_bytes)))
    return fail(error_code::corrupt, "the checksum of a frame header does not match");
  if (header.payload_bytes > limit_bytes)
    return fail(error_code::too_large, fmt::format("a frame of {} bytes is over the limit of {}",
                                                   header.payload_bytes, limit_bytes));
  if (header.type < frame_type::hello || header.type > frame_type::alive)
    return fail(error_code::unsupported, fmt::format("frame type {} is not known to this release", type));
  return header;
}

}  // namespace marquee::raft
