#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "base/bytes.h"
#include "base/result.h"
#include "booking_app/machine/outcome.h"

namespace marquee::booking {

enum class history_kind : std::uint8_t {
  audit = 1,        ///< a line of the history of seats and clients
  events = 2,       ///< a message for `booking.event`
  dead_letter = 3,  ///< a message for `booking.dlq`
};

/// A hash of something that entries are found by. 64 bits: what is equal counts as the same.
using history_key = std::uint64_t;
[[nodiscard]] history_key show_key(std::string_view show);
[[nodiscard]] history_key seat_key(std::string_view seat);
[[nodiscard]] history_key client_key(std::string_view client);
[[nodiscard]] history_key kind_key(history_kind kind);

/// Something that a record did, as text for whoever asks. Equal on every front end.
struct history_entry {
  history_kind kind = history_kind::audit;
  std::int64_t offset = 0;
  std::vector<history_key> keys{};
  std::string text;
};

/// What is kept of a record: audit entries (refusals too, replays not), the message of its events if it has
/// any (`{"events","offset","time_ms","v"}`), and, if it is no command, the dead letter
/// (`{"length","message_base64","offset","reason"}` of its first 64 KiB).
[[nodiscard]] std::vector<history_entry> history_of(const record& what, const outcome& of);
/// The list in a message of events, as `outcome::events` had it; empty if there is none.
[[nodiscard]] std::string_view events_within(std::string_view message);

/// Length and checksum in front, so that a torn end is known: uint32 length of what follows the checksum,
/// uint32 CRC-32C of it, uint8 kind, int64 offset, uint32 number of keys, keys, text.
void encode(const history_entry& entry, byte_writer& out);
/// What begins at the reader; it stands behind it afterwards. Errors: corrupt (also: not there as a whole).
[[nodiscard]] result<history_entry> decode_history_entry(byte_reader& in);

}  // namespace marquee::booking
