#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/json_body.h"

namespace marquee::write_manager {

/// Sequences of the HTTP API are integers that JSON's numbers hold exactly.
inline constexpr std::int64_t largest_sequence = (std::int64_t{1} << 53) - 1;

/// One message as the client gave it. Bytes travel as std::string.
struct produce_message {
  std::optional<std::string> key{};
  std::optional<std::string> value{};  ///< nothing: a tombstone
  /// A list keeps its order. An object has none: its headers are sorted by name, so that a retry whose client
  /// writes them in another order is the same message.
  std::vector<std::pair<std::string, std::optional<std::string>>> headers{};
  std::optional<std::int32_t> partition{};
  std::optional<std::int64_t> timestamp_ms{};
};

/// The body of POST /producer/produce, in both of its forms.
struct produce_request {
  enum class form : std::uint8_t { one, many };

  form shape = form::one;
  std::string topic{};
  std::string producer_id{};
  std::optional<std::int64_t> sequence{};  ///< of the first message
  std::vector<produce_message> messages{};
};

/// Reads a body strictly: any error of form refuses the whole request. Whether a partition exists and sizes
/// fit is not asked here, because that concerns one message only.
[[nodiscard]] std::expected<produce_request, net::json_problem> parse_produce_request(std::string_view body);

}  // namespace marquee::write_manager
