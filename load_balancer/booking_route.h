#pragma once

#include <cstdint>
#include <string>

#include "load_balancer/request_route.h"
#include "net/http_message.h"

namespace marquee::load_balancer {

/// Whether a request is for the booking application, and how it goes on.
struct booking_route {
  enum class kind : std::uint8_t {
    elsewhere,  ///< not below /booking
    redirect,   ///< /booking itself: `target` is where the page is
    hidden,     ///< a path of the front end that is for operators: metrics, health checks
    forward
  };
  kind what = kind::elsewhere;
  std::string target = {};  ///< in origin form, without the prefix
  resend_safety resend = resend_safety::only_if_not_sent;
  std::string client_id =
      {};  ///< a hint for choosing the front end: a client reads what it wrote; may be empty
};

/// GET and HEAD may be sent twice, and so may what carries `Idempotency-Key` or `X-Client-Seq`: that is what
/// these are for. Bodies larger than `kept_body_bytes` are not. The prefix is recognised as it is written,
/// before percent-decoding, what is hidden after it.
[[nodiscard]] booking_route booking_route_of(const net::http_request& request, std::size_t kept_body_bytes);

}  // namespace marquee::load_balancer
