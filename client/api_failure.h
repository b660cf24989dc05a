#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace marquee::client {

/// Whether a request that failed can still take effect.
enum class request_outcome : std::uint8_t { definite, unknown };

/// Why a call failed, as the cluster explained it, or as the connection showed it.
struct api_failure {
  int status = 0;      ///< HTTP status; 0 if there was no answer
  std::string code{};  ///< stable, such as "TOPIC_NOT_FOUND"; "NO_CONNECTION", "NO_ANSWER" or "BAD_ADDRESS"
                       ///< without one
  std::string message{};    ///< for people
  std::string component{};  ///< who failed, such as "write_manager/wm-1"
  bool retriable = false;
  request_outcome outcome = request_outcome::definite;
  std::int64_t retry_after_ms = 0;
  std::string request_id{};  ///< to be found in the logs of every hop
};

/// A value, or why there is none.
template <class T = void>
using outcome = std::expected<T, api_failure>;

/// One line for a terminal: message, component and code.
[[nodiscard]] std::string to_string(const api_failure& failure);

}  // namespace marquee::client
