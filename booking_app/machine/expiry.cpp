#include "booking_app/machine/expiry.h"

#include "booking_app/machine/effects.h"
#include "booking_app/machine/refusal.h"

namespace marquee::booking {
namespace {

void expire_sessions(step& now) {
  session_table& sessions = now.state.sessions;
  for (const std::int64_t id : sessions.past_lease(now.time_ms)) {
    sessions.set_jeopardy(id);
    now.events.session("session.jeopardy", sessions.find(id)->client, id);
  }
  // Waiting places go first, so that nothing is handed to a session that ends in the same record.
  const std::vector<std::int64_t> ended = sessions.past_grace(now.time_ms);
  for (const std::int64_t id : ended) end_waiting_of(now, id);
  for (const std::int64_t id : ended) end_session(now, id, session_end::expired);
}

void expire_locks(step& now) {
  lock_table& locks = now.state.locks;
  for (const auto& [name, since] : locks.due_waiters(now.time_ms))
    end_wait(now, locks.remove_waiter(name, since), refuse(answer_code::wait_timeout));
  for (const std::string& name : locks.due_grants(now.time_ms)) {
    now.events.lock("lock.expired", name, *locks.find(name)->grant);
    locks.end_grant(name, grant_end::lost, now.time_ms + now.state.config.lock_delay_ms);
  }
  grant_free_locks(now);
}

void expire_holds(step& now, bool offers) {
  for (const entity_id id : now.state.holds.due(now.time_ms, offers))
    end_holds(now, {id}, hold_state::expired, now.state.holds.find(id)->client);
}

void expire_admissions(step& now) {
  for (const admission* const over : now.state.admissions.due(now.time_ms)) {
    const std::string show_id = over->show;
    now.state.admissions.remove(*over);
    admit_waiting(now, show_id);
  }
}

}  // namespace

void expire(step& now) {
  expire_sessions(now);
  expire_locks(now);
  expire_holds(now, false);
  expire_holds(now, true);
  expire_admissions(now);
  now.state.holds.forget(now.time_ms);
  now.state.bookings.forget(now.time_ms);
  now.state.clients.forget(now.time_ms);
}

}  // namespace marquee::booking
