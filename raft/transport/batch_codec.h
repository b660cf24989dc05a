#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "raft/transport/group_message.h"

namespace marquee::raft {

/// Payload of a `messages` frame. Big-endian, once per message:
///
///   offset  size  field
///        0    16  topic id
///       16     4  partition
///       20     4  length of the message
///       24        the message, as `message_codec` writes it
constexpr std::size_t batch_item_header_bytes = 24;

/// A gather list: payloads of entries are not copied.
[[nodiscard]] std::vector<shared_bytes> encode_messages(const std::vector<group_message>& messages);
/// What `encode_messages` will need for this one.
[[nodiscard]] std::size_t encoded_bytes(const group_message& value);
/// Entries are windows on `payload` unless they are small next to it: a small entry that is kept for long
/// must not keep a large frame alive. Errors: corrupt, unsupported.
[[nodiscard]] result<std::vector<group_message>> decode_messages(const shared_bytes& payload);

/// Payload of a `leaders` frame: count (4), then topic id (16), partition (4), term (8), broker (4),
/// incarnation (8) of each.
[[nodiscard]] bytes encode_leaders(const std::vector<group_leader>& leaders);
/// Errors: corrupt.
[[nodiscard]] result<std::vector<group_leader>> decode_leaders(bytes_view payload);

}  // namespace marquee::raft
