#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "kafka/protocol_types.h"
#include "kafka/wire_reader.h"
#include "kafka/wire_writer.h"

namespace marquee::kafka {

/// What every request begins with, after its length.
struct request_header {
  std::int16_t key = 0;  ///< may name an API that we do not serve
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;

  /// The API and its served versions.
  /// Errors: unsupported for an API that is not served, or a version outside its range. Of ApiVersions no
  /// version is refused here: it has an answer for versions that are too high. Any other failure is answered
  /// by closing the connection.
  [[nodiscard]] result<api_support> check() const;

  /// Reads a header; the reader then stands at the body. A version above the served range is read as
  /// flexible. Errors: corrupt; unsupported when the API is unknown, because then the form of the header is
  /// too.
  [[nodiscard]] static result<request_header> decode(wire_reader& in);
  void encode(wire_writer& out) const;
};

/// What every answer begins with: the correlation id, and tagged fields in flexible versions of all APIs but
/// ApiVersions.
void encode_response_header(api_key key, std::int16_t version, std::int32_t correlation_id, wire_writer& out);
/// Gives the correlation id. Errors: corrupt.
[[nodiscard]] result<std::int32_t> decode_response_header(api_key key, std::int16_t version, wire_reader& in);

/// A request as it goes on the wire. `Request` is one of kafka/api/.
template <class Request>
[[nodiscard]] wire_message request_frame(const Request& request, std::int16_t version,
                                         std::int32_t correlation_id, const std::string& client_id) {
  wire_writer out;
  request_header{static_cast<std::int16_t>(Request::key), version, correlation_id, client_id}.encode(out);
  request.encode(version, out);
  return out.finish_frame();
}

/// An answer as it goes on the wire. `Response` is one of kafka/api/.
template <class Response>
[[nodiscard]] wire_message response_frame(const Response& response, std::int16_t version,
                                          std::int32_t correlation_id) {
  wire_writer out;
  encode_response_header(Response::key, version, correlation_id, out);
  response.encode(version, out);
  return out.finish_frame();
}

}  // namespace marquee::kafka
