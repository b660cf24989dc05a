#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/http_message.h"

namespace marquee::net {

/// Whether what was asked may still happen: `definite` means that it did not.
enum class api_outcome : std::uint8_t { definite, unknown };

/// A failure as the HTTP API tells it (http-api.md, Conventions).
struct api_error {
  int status = 500;
  std::string code = "INTERNAL";  ///< upper case, stable
  std::string message = {};
  std::string component = {};  ///< what failed, such as "write_manager/wm-1"
  bool retriable = false;
  api_outcome outcome = api_outcome::definite;
  std::int64_t retry_after_ms = 0;  ///< for 429 and 503; 0 means the default of 1,000
  /// JSON pointer to what was wrong in a body or query; empty for all of it.
  std::optional<std::string> pointer = {};
};

/// The members of the body without braces: `"status":"failure","code":...`; for answers that add more.
[[nodiscard]] std::string to_json_members(const api_error& problem);
/// Status, JSON body, and Retry-After where it belongs. 429 and 503 are always retriable.
[[nodiscard]] http_response to_response(const api_error& problem);

/// 400 BAD_REQUEST. `pointer` such as "/messages/1/key".
[[nodiscard]] api_error bad_request(std::string component, std::string message,
                                    std::optional<std::string> pointer = {});
/// 503, retriable, definite.
[[nodiscard]] api_error unavailable(std::string component, std::string code, std::string message,
                                    std::int64_t retry_after_ms = 1000);

/// Text between quotes for hand-made JSON: quotes, backslashes and control characters escaped, invalid UTF-8
/// replaced.
[[nodiscard]] std::string json_quote(std::string_view text);

}  // namespace marquee::net
