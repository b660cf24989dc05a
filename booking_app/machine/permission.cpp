#include "booking_app/machine/permission.h"

namespace marquee::booking {

std::optional<answer> judge_session(const step& now, std::string_view client, std::string_view session_id) {
  const auto id = parse_session(session_id);
  const session* const live = id ? now.state.sessions.find(*id) : nullptr;
  if (live == nullptr) {
    const bool has_ended = id && *id < now.offset;
    return refuse(has_ended ? answer_code::session_expired : answer_code::no_such_session);
  }
  if (live->client != client) return refuse(answer_code::not_owner);
  return std::nullopt;
}

std::optional<answer> judge_token(const step& now, std::optional<std::int64_t> session, std::string_view name,
                                  std::int64_t token) {
  const lock* const known = now.state.locks.find(name);
  if (known == nullptr) return refuse(answer_code::no_such_lock);
  if (known->grant && known->grant->token == token) {
    if (session == known->grant->session) return std::nullopt;
    return refuse(answer_code::not_holder);
  }
  if (known->last_end == grant_end::none || known->last_token != token)
    return refuse(answer_code::stale_token);
  return refuse(known->last_end == grant_end::lost ? answer_code::lock_expired : answer_code::not_holder);
}

std::optional<answer> judge_admin(const execution& run) {
  if (run.state().config.is_admin(run.asked.client_id)) return std::nullopt;
  return refuse(answer_code::not_admin);
}

std::optional<answer> judge_taking_from(const execution& run, const show& of) {
  if (of.status == show_status::closed) return refuse(answer_code::show_closed);
  if (!of.queue) return std::nullopt;
  const admission* const place = run.state().admissions.find(of.id, run.asked.client_id);
  if (place != nullptr && place->is_admitted) return std::nullopt;
  return refuse(answer_code::not_admitted);
}

std::optional<answer> judge_giving_up(const execution& run, const show& of) {
  if (run.now.timestamp_ms >= of.starts_at_ms) return refuse(answer_code::show_started);
  return std::nullopt;
}

std::optional<answer> judge_version(const show& of, std::optional<std::int64_t> expected) {
  if (!expected || *expected == of.version) return std::nullopt;
  return refuse(answer_code::version_mismatch);
}

}  // namespace marquee::booking
