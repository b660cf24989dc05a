#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "raft/core/message.h"

namespace marquee::raft {

/// The bytes of a message between brokers. Big-endian:
///
///   offset  size  field
///        0     1  format version: 2 for what only makes sense to whoever knows of doubt (DESIGN D4), else 1
///        1     1  type
///        2     1  flags: 1 rejected, 2 transfer, 4 in doubt; any other is refused
///        3     1  zero
///        4     4  number of entries
///        8    12  from: broker, incarnation
///       20    12  to: broker, incarnation
///       32     8  term
///       40     8  index
///       48     8  term of index
///       56     8  commit
///       64     8  hint index
///       72     8  hint term
///       80     8  context
///       88     4  checksum of bytes 0-87
///       92        entries, as `entry_codec` writes them
constexpr std::size_t message_header_bytes = 92;
/// A release that reads only version 1 would count what must not be counted: it drops such a message.
constexpr std::uint8_t message_format_version = 1;
constexpr std::uint8_t message_format_version_with_doubt = 2;

/// A gather list: fixed parts are built here, heads and payloads are the entries' own windows.
[[nodiscard]] std::vector<shared_bytes> encode_message(const message& value);
/// A message without entries, behind what `target` holds already: nothing needs a window of its own.
void append_message(const message& value, bytes& target);
/// Sum of what `encode_message` gives.
[[nodiscard]] std::size_t encoded_bytes(const message& value);

/// Reads one message that fills `data` exactly; its entries are windows on `data`. Checks every checksum, and
/// that entries follow each other and fit the message, so that the node may rely on it. Takes no more memory
/// than `data` has. Errors: corrupt, unsupported (a newer format).
[[nodiscard]] result<message> decode_message(const shared_bytes& data);

}  // namespace marquee::raft
