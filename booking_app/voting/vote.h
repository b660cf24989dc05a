#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::booking {

/// Which answer a vote is about: a record may cause several, to different clients.
struct answer_id {
  std::int64_t at_offset = 0;
  std::int64_t offset = 0;
  std::string client_id{};
  /// A retry may be what ends the waiting of the very command that it repeats: then one record causes a
  /// second answer to that command and a repetition of it.
  bool replayed = false;

  auto operator<=>(const answer_id&) const = default;
};

/// A record of `booking.reply`: what one replica says that a command's answer is (booking.md section 3).
struct vote {
  std::string replica;
  std::int64_t offset = 0;  ///< of the command that is answered; a replay has that of the first one
  std::int64_t at_offset =
      0;                   ///< of the record that caused the answer: the command, its retry, or a later one
  std::string client_id;   ///< may be empty: BAD_COMMAND
  std::string reply_hash;  ///< as the replica gave it if it is that of `text`, else none that any other has
  std::string digest;      ///< of the state after `at_offset`
  bool replayed = false;
  std::string text;  ///< the whole record

  /// Equal votes give equal answers and come from equal states.
  [[nodiscard]] bool agrees_with(const vote& other) const {
    return reply_hash == other.reply_hash && digest == other.digest;
  }
  [[nodiscard]] answer_id answer() const { return {at_offset, offset, client_id, replayed}; }
};

/// The hash in the record is not taken on trust: a replica that says another answer than its hash stands for
/// agrees with nobody. Errors: corrupt (no vote; whoever wrote it), unsupported (of a later release).
[[nodiscard]] result<vote> decode_vote(std::string text);

/// The answer in a vote, once it is decided on.
struct voted_answer {
  std::string code;
  bool ok = false;
  bool replayed = false;
  bool pushed = false;  ///< a second answer, such as the grant of a lock
  std::int64_t offset = 0;
  std::int64_t at_offset = 0;
  std::int64_t time_ms = 0;
  std::optional<std::int64_t> show_version{};
  std::string body;  ///< JSON object with sorted fields
};
/// Errors: corrupt.
[[nodiscard]] result<voted_answer> decode_answer(const vote& decided);

}  // namespace marquee::booking
