#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "booking_app/machine/answer_key.h"
#include "booking_app/machine/client_table.h"
#include "booking_app/machine/digest.h"

namespace marquee::booking {

/// A message of `booking.cmd` as consume gives it.
struct record {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  bytes_view value;
};

/// What one client is told because of a record. Most records have one; a lock that is granted or lost may add
/// second answers to commands of other clients.
struct reply {
  enum class cause : std::uint8_t { executed, replayed, pushed };

  std::string client_id;
  answer_key key;
  std::string reply_to;     ///< front end that asked, as it called itself; may be empty
  std::int64_t offset = 0;  ///< of the command that this answers: of the first one, if the record is a retry
  answer content;
  cause why = cause::executed;
};

/// A line of a seat's or client's history.
struct audit_entry {
  std::string client_id;
  std::string type;
  answer_code code = answer_code::bad_command;
  std::string show_id;
  std::vector<std::string> seats;
};

/// All that a record did, equal on every replica.
struct outcome {
  std::int64_t offset = 0;
  std::int64_t time_ms = 0;
  std::vector<reply> replies;              ///< the record's own first, if it has one: a tick has none
  std::string events = "[]";               ///< JSON; those of expiries first
  digest_value digest;                     ///< of the state after the record
  std::optional<std::string> bad_command;  ///< why the record is no command
  std::vector<audit_entry> audit;          ///< one per show; empty for replays, ticks and what is no command
};

/// `OK` or `ERROR`
[[nodiscard]] std::string_view status_text(answer_code code);

/// The reply record as JSON with sorted fields, without `replica`, `digest` and `reply_hash`: equal text on
/// every replica. `at_offset` is the record that caused the reply, `offset` the command that it answers. The
/// first reply carries the record's events.
[[nodiscard]] std::string reply_text(const outcome& of, const reply& one);
/// What a replica writes to `booking.reply`: the same with `replica`, `digest` (after `at_offset`) and
/// `reply_hash` (of `reply_text`).
[[nodiscard]] std::string vote_text(const outcome& of, const reply& one, std::string_view replica);

}  // namespace marquee::booking
