#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/refusal.h"

namespace marquee::booking {
namespace {

answer opened_answer(const session& opened) {
  json_writer out;
  out.open_object().field("grace_ms", opened.grace_ms).field("lease_ms", opened.lease_ms);
  out.field("session_id", session_text(opened.id)).close_object();
  return success(answer_code::session_opened, out.take());
}

void renew(execution& run, const session& renewed) {
  if (run.state().sessions.renew(renewed.id, run.now.time_ms))
    run.now.events.session("session.safe", renewed.client, renewed.id);
}

}  // namespace

answer execute(execution&, const no_command&) {
  return {};
}

/// That a session to be resumed is live and the client's own was seen in step 3.
answer execute(execution& run, const session_open& asked) {
  machine_state& state = run.state();
  if (asked.resume) {
    const session& resumed = *state.sessions.find(*parse_session(*asked.resume));
    renew(run, resumed);
    return opened_answer(resumed);
  }
  if (state.sessions.count_of(run.asked.client_id) >= state.config.max_sessions_per_client ||
      static_cast<std::int64_t>(state.sessions.size()) >= state.config.max_sessions)
    return refuse(answer_code::too_many_sessions);
  const std::int64_t lease_ms = asked.lease_ms.value_or(state.config.lease_ms);
  const session& opened = state.sessions.add({.id = run.now.offset,
                                              .client = run.client(),
                                              .lease_ms = lease_ms,
                                              .grace_ms = asked.grace_ms.value_or(state.config.grace_ms),
                                              .lease_deadline_ms = run.now.time_ms + lease_ms});
  run.now.events.session("session.opened", opened.client, opened.id);
  return opened_answer(opened);
}

answer execute(execution& run, const session_touch& asked) {
  json_writer out;
  out.open_object().name("unknown").open_array();
  for (const std::string_view text : asked.ids) {
    const auto id = parse_session(text);
    const session* const touched = id ? run.state().sessions.find(*id) : nullptr;
    if (touched == nullptr)
      out.value(text);
    else
      renew(run, *touched);
  }
  out.close_array().close_object();
  return success(answer_code::touched, out.take());
}

answer execute(execution& run, const session_close&) {
  const std::int64_t id = *run.session();
  end_waiting_of(run.now, id);
  const session_remains remains = end_session(run.now, id, session_end::closed);
  grant_free_locks(run.now);
  json_writer out;
  out.open_object().name("released_holds").open_array();
  for (const entity_id hold : remains.holds) out.value(to_text(hold_letter, hold));
  out.close_array().name("released_locks").open_array();
  for (const std::string& name : remains.locks) out.value(name);
  out.close_array().close_object();
  return success(answer_code::closed, out.take());
}

}  // namespace marquee::booking
