#pragma once

#include <cstdint>

#include "load_balancer/request_route.h"

namespace marquee::load_balancer {

/// What a manager's answer says about the request, as far as it says anything.
enum class answer_verdict : std::uint8_t {
  none,                ///< no whole answer came
  final,               ///< an answer to pass on
  retriable_definite,  ///< "retriable":true, "outcome":"definite": nothing has happened
  retriable_unknown,   ///< "retriable":true, "outcome":"unknown"
};

/// What is known after an attempt.
struct attempt_facts {
  resend_safety resend = resend_safety::only_if_not_sent;
  bool sent_any_byte = false;
  answer_verdict verdict = answer_verdict::none;
  bool client_gone = false;
  bool time_is_up = false;
  bool tried_long = false;  ///< it took a while, and would take the next manager as long
  int attempts = 1;         ///< with this one
  int max_attempts = 3;
};

enum class retry_decision : std::uint8_t { pass_on, try_again };

/// DESIGN D21, to the letter: sent again is what provably was not sent (no byte of it was written, or the
/// manager said retriable and definite), and what may happen twice. That a reused connection was reset proves
/// nothing. A refusal that a manager came to after a long try (no majority, say) is the answer.
[[nodiscard]] retry_decision decide_retry(const attempt_facts& facts);

}  // namespace marquee::load_balancer
