#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "booking_app/front_end/submission.h"
#include "net/api_error.h"
#include "net/http_message.h"

namespace marquee::booking {

/// A value, or the answer to a request whose form is wrong.
template <class T>
using form_result = std::expected<T, net::api_error>;

/// `X-Client-Id`, as sent. 401 UNAUTHENTICATED without one; 400 if it is given twice, is no id, or begins
/// with `_`, which is for front ends.
[[nodiscard]] form_result<std::string> read_client_id(const net::http_request& request,
                                                      const std::string& component);
/// The same for reads that anybody may ask: nothing without the header.
[[nodiscard]] form_result<std::optional<std::string>> read_optional_client_id(
    const net::http_request& request, const std::string& component);

/// Who asks for a command and under which key: client, `X-Session-Id`, exactly one of `X-Client-Seq` and
/// `Idempotency-Key`, `X-Ack-Below`, `X-Lock: name:token`. Type and body are left to the caller.
[[nodiscard]] form_result<command_draft> read_command_fields(const net::http_request& request,
                                                             const std::string& component);

/// An integer of the query; 400 if it is none or out of range. Nothing if it is missing.
[[nodiscard]] form_result<std::optional<std::int64_t>> read_query_integer(const net::http_request& request,
                                                                          const std::string& component,
                                                                          std::string_view name,
                                                                          std::int64_t least,
                                                                          std::int64_t most);
/// 400 if the query has a field that is not among `known`, or one of them twice. Names that begin with "x_"
/// pass.
[[nodiscard]] std::optional<net::api_error> check_query(const net::http_request& request,
                                                        const std::string& component,
                                                        std::initializer_list<std::string_view> known);

/// 400 BAD_REQUEST of this front end.
[[nodiscard]] net::api_error bad_form(const std::string& component, std::string message);

}  // namespace marquee::booking
