#pragma once

#include <cstdint>

namespace marquee::write_manager {

/// Limits of messages besides their topic's `max.message.bytes`; http-api.md, Conventions.
struct message_limits {
  std::int64_t messages_most = 100'000;  ///< in one request
  std::int64_t key_bytes = 64 * 1024;
  std::int64_t headers_most = 64;
  std::int64_t header_bytes = 4 * 1024;  ///< of a name, and of a value
};

}  // namespace marquee::write_manager
