#include "read_manager/ownership.h"

namespace marquee::read_manager {

ownership_step next_step(const consumer_record& consumer, const std::string& self, arrival how) {
  if (consumer.standing != consumer_record::state::live) return ownership_step::not_found;
  if (consumer.epoch == 0 || consumer.owner.empty() || consumer.owner == self) return ownership_step::claim;
  return how == arrival::forwarded ? ownership_step::tell_not_owner : ownership_step::forward;
}

after_forward decide_after_forward(const forward_attempt& attempt) {
  if (attempt.answered) return after_forward::pass_on;
  if (attempt.refused_or_reset) return after_forward::take_over;
  // No confirmation in time, or no further one: a process that does not even say "I have it" does not serve
  // anybody.
  return attempt.confirmed ? after_forward::give_up : after_forward::take_over;
}

}  // namespace marquee::read_manager
