#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "booking_app/front_end/submission.h"
#include "booking_app/voting/vote.h"
#include "net/http_message.h"

namespace marquee::booking {

/// The HTTP status of an answer's code (booking-rules section 4); 500 for a code that is not in the table.
[[nodiscard]] int http_status_of(std::string_view code);

/// A voted answer as the client gets it, with X-Offset, ETag (if it is about a show) and
/// Idempotency-Replayed. A replay gives the same bytes as the first answer but for that header.
[[nodiscard]] net::http_response to_response(const voted_answer& answer);
/// The same with Server-Timing.
[[nodiscard]] net::http_response to_response(const submitted_answer& answer);
/// `component` is this front end; `position` how many commands are under way here.
[[nodiscard]] net::http_response to_response(submission_failure failure, const std::string& component,
                                             std::size_t position);

/// A refusal that this front end makes by itself, without a record: `definite`, with the status of its code.
[[nodiscard]] net::http_response refuse(const std::string& component, std::string_view code,
                                        std::string message);

}  // namespace marquee::booking
