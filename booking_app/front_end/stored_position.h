#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "client/api_failure.h"
#include "client/client_options.h"

namespace marquee::booking {

/// The offset of the newest command about which something was stored in `topic`, whose messages are objects
/// with `offset`; -1 if nothing was. Every writer stores in the order of offsets and goes on only behind what
/// is stored, so that everything before it is there. `is_ours` is asked of the newest messages, newest first:
/// what somebody else has written is passed over. Blocks.
[[nodiscard]] marquee::client::outcome<std::int64_t> newest_stored_offset(
    const marquee::client::client_options& options, const std::string& topic,
    const std::function<bool(const std::string& message)>& is_ours);

/// `offset` of a message; -1 if it has none.
[[nodiscard]] std::int64_t offset_in(const std::string& message);

}  // namespace marquee::booking
