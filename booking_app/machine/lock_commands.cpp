#include <utility>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/permission.h"

namespace marquee::booking {
namespace {

answer granted_answer(std::int64_t token, std::int64_t ttl_ms) {
  json_writer out;
  out.open_object().field("token", token).field("ttl_ms", ttl_ms).close_object();
  return success(answer_code::granted, out.take());
}

answer waiting_answer(const lock& wanted, std::int64_t since) {
  const auto position = std::distance(wanted.waiters.begin(), wanted.waiters.find(since)) + 1;
  json_writer out;
  out.open_object().field("position", static_cast<std::int64_t>(position)).close_object();
  return success(answer_code::waiting, out.take());
}

answer number_answer(answer_code code, std::string_view name, std::int64_t number) {
  json_writer out;
  out.open_object().field(name, number).close_object();
  return success(code, out.take());
}

/// Queues the session, or notes another ask of one that waits already.
answer wait_for(execution& run, const lock_acquire& asked, std::int64_t session, std::int64_t ttl_ms) {
  lock_table& locks = run.state().locks;
  const lock_waiter* waiter = locks.find_waiter(session, asked.name);
  if (waiter == nullptr) {
    lock_waiter added{.lock = std::string(asked.name), .since = run.now.offset, .session = session};
    added.client = run.client();
    added.ttl_ms = ttl_ms;
    if (asked.max_wait_ms) added.deadline_ms = run.now.time_ms + *asked.max_wait_ms;
    locks.add_waiter(std::move(added));
    waiter = locks.find_waiter(session, asked.name);
  }
  locks.add_ask(session, asked.name, {run.asked.key, run.now.offset, std::string(run.asked.reply_to)});
  return waiting_answer(*locks.find(asked.name), waiter->since);
}

}  // namespace

answer execute(execution& run, const lock_acquire& asked) {
  lock_table& locks = run.state().locks;
  const std::int64_t session = *run.session();
  const std::int64_t ttl_ms = asked.ttl_ms.value_or(run.state().config.lock_ttl_ms);
  const lock* const known = locks.find(asked.name);
  if (known != nullptr && known->grant && known->grant->session == session) {
    locks.renew(asked.name, ttl_ms, run.now.time_ms);
    return granted_answer(known->grant->token, ttl_ms);
  }
  // Free locks have no waiters: they were granted when they became free.
  if (known == nullptr || (!known->grant && !known->free_at_ms)) {
    const lock& free = locks.acquire_name(asked.name);
    const std::int64_t token = locks.grant(asked.name, session, run.client(), ttl_ms, run.now.time_ms);
    run.now.events.lock("lock.granted", asked.name, *free.grant);
    return granted_answer(token, ttl_ms);
  }
  if (!asked.wait && locks.find_waiter(session, asked.name) == nullptr) return refuse(answer_code::lock_held);
  return wait_for(run, asked, session, ttl_ms);
}

answer execute(execution& run, const lock_renew& asked) {
  if (auto no = judge_token(run.now, run.session(), asked.name, asked.token)) return *no;
  run.state().locks.renew(asked.name, asked.ttl_ms.value_or(run.state().config.lock_ttl_ms), run.now.time_ms);
  return success(answer_code::renewed);
}

answer execute(execution& run, const lock_append& asked) {
  if (auto no = judge_token(run.now, run.session(), asked.name, asked.token)) return *no;
  lock_table& locks = run.state().locks;
  const lock& holder = *locks.find(asked.name);
  if (static_cast<std::int64_t>(asked.data.size()) > run.state().config.max_txn_bytes - holder.staged_bytes)
    return refuse(answer_code::txn_too_big);
  locks.stage(asked.name, std::string(asked.target), std::string(as_text(asked.data)));
  locks.renew(asked.name, holder.grant->ttl_ms, run.now.time_ms);
  return number_answer(answer_code::staged, "n", static_cast<std::int64_t>(holder.staged.size()));
}

answer execute(execution& run, const lock_release& asked) {
  if (auto no = judge_token(run.now, run.session(), asked.name, asked.token)) return *no;
  machine_state& state = run.state();
  const lock& released = *state.locks.find(asked.name);
  run.now.events.lock("lock.released", asked.name, *released.grant);
  const std::vector<staged_append> staged = asked.commit ? released.staged : std::vector<staged_append>();
  std::map<std::string, std::int64_t> bytes_by_target;
  for (const staged_append& one : staged) {
    state.lock_files.append(one.target, one.data);
    bytes_by_target[one.target] += static_cast<std::int64_t>(one.data.size());
  }
  for (const auto& [target, bytes] : bytes_by_target) run.now.events.lock_file(asked.name, target, bytes);
  state.locks.end_grant(asked.name, grant_end::released, run.now.time_ms);
  grant_free_locks(run.now);
  return number_answer(answer_code::released, "appended", static_cast<std::int64_t>(staged.size()));
}

answer execute(execution& run, const lock_break& asked) {
  if (auto no = judge_admin(run)) return *no;
  machine_state& state = run.state();
  const lock* const broken = state.locks.find(asked.name);
  if (broken == nullptr) return refuse(answer_code::no_such_lock);
  if (!broken->grant) return success(answer_code::broken);
  run.now.events.lock("lock.expired", asked.name, *broken->grant);
  state.locks.end_grant(asked.name, grant_end::lost, run.now.time_ms + state.config.lock_delay_ms);
  grant_free_locks(run.now);
  return success(answer_code::broken);
}

}  // namespace marquee::booking
