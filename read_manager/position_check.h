#pragma once

#include <optional>

#include "net/api_error.h"
#include "net/json_body.h"
#include "read_manager/services.h"

namespace marquee::read_manager {

/// The field "positions": a list of {"partition", "offset"}, at least one, each partition once. Problems are
/// noted in the body.
[[nodiscard]] position_map read_positions(net::json_body& body);

/// Refuses partitions that the topic does not have and offsets outside their logs (INVALID_POSITION). Logs
/// are asked only about what the session does not know to lie inside.
[[nodiscard]] net::task<std::optional<net::api_error>> check_positions(services& all,
                                                                       consumer_pointer consumer,
                                                                       position_map positions,
                                                                       net::deadline end);

}  // namespace marquee::read_manager
