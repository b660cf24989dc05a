#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/api_connection.h"
#include "client/batch_progress.h"

namespace marquee::client {

/// Requests of a batch stay below both; the cluster takes bodies up to 8 MiB. A message that is larger alone
/// is sent alone and refused by whoever knows the limit.
inline constexpr std::size_t batch_request_bytes = std::size_t{4} << 20;
inline constexpr std::size_t batch_request_messages = 2'000;

/// Who produces: the fields that every request of a batch begins with.
struct produce_identity {
  const std::string& topic;
  const std::string& producer_id;
};

/// Sends a batch as sequenced requests, one after the other, each repeated until nothing in it is open, the
/// deadline of the connection's options has passed, or it is refused as a whole. Blocks.
[[nodiscard]] std::vector<outcome<stored_message>> produce_batch(api_connection& connection,
                                                                 const produce_identity& identity,
                                                                 std::int64_t first_sequence,
                                                                 std::span<const message> batch);

}  // namespace marquee::client
