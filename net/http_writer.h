#pragma once

#include <string>
#include <string_view>

#include "net/endpoint.h"
#include "net/http_message.h"

/// Header sections as bytes. For the .cpp files of net/ only. What would break out of a header line (control
/// characters) is replaced by spaces, fields whose name is not a token are left out.
namespace marquee::net {

struct response_framing {
  bool http_1_1 = true;
  bool keep_alive = true;
  std::string_view request_id = {};
  /// False where the length is not known: a HEAD that was answered elsewhere.
  bool with_length = true;
  bool chunked = false;
};

/// Framing fields are ours: Content-Length, Connection, Transfer-Encoding and X-Request-Id of the response
/// are ignored.
[[nodiscard]] std::string write_response_header(const http_response& response,
                                                const response_framing& framing);
/// Framing fields are ours here too, and Host unless the request brings one.
[[nodiscard]] std::string write_request_header(const http_request& request, const endpoint& where);

}  // namespace marquee::net
