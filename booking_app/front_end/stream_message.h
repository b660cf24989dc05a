#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::booking {

/// One message of the live stream, written once for all who read it.
struct stream_message {
  std::int64_t offset = 0;
  std::string show_id;  ///< empty for locks and sessions
  std::string text;     ///< with the empty line at its end
};

/// What a record's events look like on the live stream: of each kind (`seat`, `hold`, `show`, `lock`,
/// `session`) and show one message, `{"show_id","version","changes":[{"id","state"}]}` with the changes
/// sorted by id, the last one of an id alone. Locks and sessions have no show and no version. Client ids
/// never appear; what else happens to bookings and waiting lists is seen by its seats. `events` is
/// `outcome::events`; what is no such list gives nothing.
[[nodiscard]] std::vector<stream_message> stream_messages(std::int64_t offset, std::string_view events);

/// The message that tells a client to read everything anew: it goes on behind `offset`.
[[nodiscard]] std::string reset_message(std::int64_t offset);

}  // namespace marquee::booking
