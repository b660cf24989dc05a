#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "raft/core/entry_codec.h"

namespace marquee::raft {

enum class frame_type : std::uint8_t {
  hello = 1,     ///< the four steps of the hello, see hello.h
  messages = 2,  ///< a batch of Raft messages of any groups, heartbeats too
  leaders = 3,   ///< who leads which group (DESIGN D16)
  goodbye = 4,   ///< the connection is about to be closed as planned
  alive = 5,     ///< from a side that has nothing else to say
};

/// What travels between brokers is frames. Big-endian:
///
///   offset  size  field
///        0     2  magic 0x4d46 ("MF")
///        2     1  type
///        3     1  zero (reserved)
///        4     4  payload length
///        8     4  CRC-32C of the payload
///       12     4  CRC-32C of bytes 0-11
///
/// The header has a checksum of its own, so that the length is trusted only after it was checked.
constexpr std::size_t frame_header_bytes = 16;
/// No frame is larger: the largest entry and what is around it.
constexpr std::size_t largest_frame_bytes = largest_entry_bytes + (std::size_t{4} << 20);
/// Before the hello is done a stranger may make us hold no more than this.
constexpr std::size_t largest_hello_bytes = 1024;

struct frame_header {
  frame_type type = frame_type::hello;
  std::uint32_t payload_bytes = 0;
  std::uint32_t payload_checksum = 0;
};
using encoded_frame_header = std::array<std::uint8_t, frame_header_bytes>;

/// The header for a payload that consists of `parts`, one after the other.
[[nodiscard]] encoded_frame_header encode_frame_header(frame_type type, std::span<const bytes_view> parts);
/// Errors: corrupt (magic, checksum), too_large (over `limit_bytes`), unsupported (a type that this release
/// does not know).
[[nodiscard]] result<frame_header> decode_frame_header(bytes_view data, std::size_t limit_bytes);

}  // namespace marquee::raft
