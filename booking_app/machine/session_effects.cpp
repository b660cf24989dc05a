#include <utility>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/refusal.h"

namespace marquee::booking {
namespace {

answer granted_answer(std::int64_t token, std::int64_t ttl_ms) {
  json_writer out;
  out.open_object().field("token", token).field("ttl_ms", ttl_ms).close_object();
  return success(answer_code::granted, out.take());
}

}  // namespace

void end_wait(step& now, const lock_waiter& waiter, const answer& content) {
  for (const lock_ask& ask : waiter.asks) {
    now.state.clients.replace(waiter.client, ask.key, ask.offset, content);
    now.pushed.push_back({waiter.client, ask.key, ask.reply_to, ask.offset, content, reply::cause::pushed});
  }
}

void grant_free_locks(step& now) {
  lock_table& locks = now.state.locks;
  for (const std::string& name : locks.due_delays(now.time_ms)) {
    locks.clear_delay(name);
    const lock& freed = *locks.find(name);
    if (freed.waiters.empty()) continue;
    const lock_waiter first = locks.remove_waiter(name, freed.waiters.begin()->first);
    const std::int64_t token = locks.grant(name, first.session, first.client, first.ttl_ms, now.time_ms);
    now.events.lock("lock.granted", name, *freed.grant);
    end_wait(now, first, granted_answer(token, first.ttl_ms));
  }
}

void end_waiting_of(step& now, std::int64_t session) {
  machine_state& state = now.state;
  for (const std::string& name : state.locks.waited_for_by(session)) {
    const std::int64_t since = state.locks.find_waiter(session, name)->since;
    end_wait(now, state.locks.remove_waiter(name, since), refuse(answer_code::session_expired));
  }
  for (const auto& [show_id, joined] : state.waiting.of_session(session))
    state.waiting.remove(show_id, joined);
  for (const admission* const place : state.admissions.of_session(session))
    if (!place->is_admitted) state.admissions.remove(*place);
}

session_remains end_session(step& now, std::int64_t session, session_end how) {
  machine_state& state = now.state;
  const bool is_closed = how == session_end::closed;
  const std::string client = state.sessions.find(session)->client;
  now.events.session(is_closed ? "session.closed" : "session.expired", client, session);

  session_remains remains{state.holds.of_session(session), state.locks.held_by(session)};
  end_holds(now, remains.holds, is_closed ? hold_state::released : hold_state::expired, client);
  for (const admission* const place : state.admissions.of_session(session)) {
    const std::string show_id = place->show;
    state.admissions.remove(*place);
    admit_waiting(now, show_id);
  }
  const std::int64_t delay_ms = is_closed ? 0 : state.config.lock_delay_ms;
  for (const std::string& name : remains.locks) {
    now.events.lock(is_closed ? "lock.released" : "lock.expired", name, *state.locks.find(name)->grant);
    state.locks.end_grant(name, grant_end::lost, now.time_ms + delay_ms);
  }
  state.sessions.remove(session);
  return remains;
}

}  // namespace marquee::booking
