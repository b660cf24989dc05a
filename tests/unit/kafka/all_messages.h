#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "kafka/protocol_types.h"

namespace marquee::kafka {

/// One message type of kafka/api/, for tests that go over all of them.
struct message_kind {
  std::string name;  ///< as in the names of capture files, such as "fetch"
  bool is_request = false;
  api_key key{};
  std::int16_t min_version = 0;
  std::int16_t max_version = 0;
  /// Decodes a body and encodes it again.
  std::function<result<bytes>(std::int16_t version, shared_bytes body)> decode_and_encode;
};

[[nodiscard]] const std::vector<message_kind>& all_messages();
[[nodiscard]] const message_kind* find_message(const std::string& name, bool is_request);

/// A capture file.
struct capture {
  std::string file;
  std::string api;
  std::int16_t version = 0;
  bool is_request = false;
  bytes frame;
};
[[nodiscard]] std::vector<capture> load_captures();

}  // namespace marquee::kafka
