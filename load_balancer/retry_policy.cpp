#include "load_balancer/retry_policy.h"

namespace marquee::load_balancer {

retry_decision decide_retry(const attempt_facts& facts) {
  if (facts.client_gone || facts.time_is_up || facts.attempts >= facts.max_attempts)
    return retry_decision::pass_on;
  if (facts.verdict == answer_verdict::final) return retry_decision::pass_on;
  if (facts.verdict != answer_verdict::none && facts.tried_long) return retry_decision::pass_on;
  const bool not_sent = facts.verdict == answer_verdict::retriable_definite ||
                        (facts.verdict == answer_verdict::none && !facts.sent_any_byte);
  if (not_sent || facts.resend == resend_safety::safe) return retry_decision::try_again;
  return retry_decision::pass_on;
}

}  // namespace marquee::load_balancer
