#include "booking_app/front_end/answer_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "net/api_error.h"

namespace marquee::booking {
namespace {

struct status_of_code {
  std::string_view code;
  int status;
};

// Sorted by code.
constexpr std::array statuses = {
    status_of_code{"ADMITTED", 200},
    status_of_code{"ALREADY_CANCELLED", 409},
    status_of_code{"ALREADY_CONFIRMED", 409},
    status_of_code{"ALREADY_RELEASED", 409},
    status_of_code{"ALREADY_WAITING", 409},
    status_of_code{"BAD_COMMAND", 400},
    status_of_code{"BAD_CONFIG", 422},
    status_of_code{"BAD_LAYOUT", 422},
    status_of_code{"BAD_REQUEST", 400},
    status_of_code{"BLOCKED", 200},
    status_of_code{"BOOKED", 201},
    status_of_code{"BROKEN", 200},
    status_of_code{"CANCELLED", 200},
    status_of_code{"CANNOT_SHRINK", 409},
    status_of_code{"CLOSED", 200},
    status_of_code{"CONFIG_SET", 200},
    status_of_code{"DUPLICATE_SEAT", 422},
    status_of_code{"EXCHANGED", 200},
    status_of_code{"EXTENDED", 200},
    status_of_code{"GONE", 410},
    status_of_code{"GRANTED", 200},
    status_of_code{"HAS_BOOKINGS", 409},
    status_of_code{"HELD", 201},
    status_of_code{"HOLD_EXPIRED", 410},
    status_of_code{"HOLD_LIMIT", 422},
    status_of_code{"IDEMPOTENCY_MISMATCH", 422},
    status_of_code{"IN_PROGRESS", 409},
    status_of_code{"LEFT", 200},
    status_of_code{"LIMIT", 422},
    status_of_code{"LOCK_EXPIRED", 410},
    status_of_code{"LOCK_HELD", 409},
    status_of_code{"NOT_ADMIN", 403},
    status_of_code{"NOT_ADMITTED", 403},
    status_of_code{"NOT_ENOUGH_SEATS", 409},
    status_of_code{"NOT_FOUND", 404},
    status_of_code{"NOT_HOLDER", 403},
    status_of_code{"NOT_OCCUPIED", 409},
    status_of_code{"NOT_OWNER", 403},
    status_of_code{"NOT_SOLD_OUT", 409},
    status_of_code{"NOT_WAITING", 404},
    status_of_code{"NO_MAJORITY", 503},
    status_of_code{"NO_QUORUM", 503},
    status_of_code{"NO_SUCH_BOOKING", 404},
    status_of_code{"NO_SUCH_HOLD", 404},
    status_of_code{"NO_SUCH_LOCK", 404},
    status_of_code{"NO_SUCH_SEAT", 404},
    status_of_code{"NO_SUCH_SESSION", 404},
    status_of_code{"NO_SUCH_SHOW", 404},
    status_of_code{"ORPHAN_SEAT", 422},
    status_of_code{"PAYLOAD_TOO_LARGE", 413},
    status_of_code{"QUEUE", 429},
    status_of_code{"QUEUED", 201},
    status_of_code{"RELEASED", 200},
    status_of_code{"RENEWED", 200},
    status_of_code{"RESERVED", 201},
    status_of_code{"SEAT_TAKEN", 409},
    status_of_code{"SEQ_TOO_OLD", 409},
    status_of_code{"SESSION_EXPIRED", 410},
    status_of_code{"SESSION_OPENED", 201},
    status_of_code{"SHOW_ADDED", 201},
    status_of_code{"SHOW_CLOSED", 409},
    status_of_code{"SHOW_EXISTS", 409},
    status_of_code{"SHOW_REMOVED", 200},
    status_of_code{"SHOW_STARTED", 409},
    status_of_code{"SHOW_UPDATED", 200},
    status_of_code{"STAGED", 200},
    status_of_code{"STALE_TOKEN", 409},
    status_of_code{"TIMEOUT", 504},
    status_of_code{"TOO_MANY_SESSIONS", 429},
    status_of_code{"TXN_TOO_BIG", 413},
    status_of_code{"UNAUTHENTICATED", 401},
    status_of_code{"UNBLOCKED", 200},
    status_of_code{"VERSION_MISMATCH", 412},
    status_of_code{"WAITING", 202},
    status_of_code{"WAIT_TIMEOUT", 504},
};
static_assert(std::ranges::is_sorted(statuses, {}, &status_of_code::code));

/// The fields of the answer's body behind those that every answer has. A refusal's body has its code and
/// outcome already.
std::string body_of(const voted_answer& answer) {
  std::string text = answer.ok
                         ? fmt::format(R"({{"status":"success","code":"{}","outcome":"done","offset":{})",
                                       answer.code, answer.offset)
                         : fmt::format(R"({{"status":"failure","offset":{})", answer.offset);
  const std::string_view body = answer.body;
  if (body.size() > 2) {
    text += ',';
    text += body.substr(1);
  } else {
    text += '}';
  }
  return text;
}

net::api_error describe(submission_failure failure) {
  net::api_error told;
  told.outcome = net::api_outcome::unknown;
  told.retriable = true;
  switch (failure) {
    case submission_failure::in_progress:
      told.code = "IN_PROGRESS";
      told.message = "a request with this key is under way; ask again with the same key for its answer";
      break;
    case submission_failure::overloaded:
      told.code = "QUEUE";
      told.message = "too many commands are under way at this front end; nothing was sent";
      told.outcome = net::api_outcome::definite;
      break;
    case submission_failure::no_quorum:
      told.code = "NO_QUORUM";
      told.message = "the log did not confirm the command; ask again with the same key";
      break;
    case submission_failure::no_majority:
      told.code = "NO_MAJORITY";
      told.message = "the replicas do not agree on the answer; ask again with the same key";
      break;
    case submission_failure::timed_out:
      told.code = "TIMEOUT";
      told.message = "the command is in the log, but too few replicas answered; ask again with the same key";
      break;
    case submission_failure::client_gone:
    case submission_failure::stopping:
      told.code = "NO_QUORUM";
      told.message = "this front end stops; ask another one with the same key";
      break;
  }
  told.status = http_status_of(told.code);
  return told;
}

}  // namespace

int http_status_of(std::string_view code) {
  const auto found = std::ranges::lower_bound(statuses, code, {}, &status_of_code::code);
  return found != statuses.end() && found->code == code ? found->status : 500;
}

net::http_response to_response(const voted_answer& answer) {
  net::http_response response = net::json_response(body_of(answer), http_status_of(answer.code));
  response.headers.add("X-Offset", std::to_string(answer.offset));
  if (answer.show_version) response.headers.add("ETag", fmt::format("\"{}\"", *answer.show_version));
  response.headers.add("Idempotency-Replayed", answer.replayed ? "true" : "false");
  if (response.status == 429) response.headers.add("Retry-After", "1");
  return response;
}

net::http_response to_response(const submitted_answer& answer) {
  net::http_response response = to_response(answer.answer);
  response.headers.add("Server-Timing", fmt::format("produce;dur={:.3f}, vote;dur={:.3f}",
                                                    static_cast<double>(answer.produce_us) / 1000,
                                                    static_cast<double>(answer.vote_us) / 1000));
  return response;
}

net::http_response to_response(submission_failure failure, const std::string& component,
                               std::size_t position) {
  net::api_error told = describe(failure);
  told.component = component;
  net::http_response response = net::to_response(told);
  if (failure == submission_failure::overloaded)
    response.body = fmt::format("{{{},\"position\":{}}}", net::to_json_members(told), position);
  return response;
}

net::http_response refuse(const std::string& component, std::string_view code, std::string message) {
  net::api_error told;
  told.code = code;
  told.status = http_status_of(code);
  told.message = std::move(message);
  told.component = component;
  return net::to_response(told);
}

}  // namespace marquee::booking
