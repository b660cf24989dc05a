#include "booking_app/machine/machine.h"

#include <iterator>
#include <utility>
#include <variant>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/expiry.h"
#include "booking_app/machine/permission.h"
#include "booking_app/machine/refusal.h"
#include "booking_app/machine/snapshot_codec.h"

namespace marquee::booking {
namespace {

reply reply_to(const command& asked, std::int64_t offset, answer content) {
  return {std::string(asked.client_id), asked.key, std::string(asked.reply_to), offset, std::move(content),
          reply::cause::executed};
}

/// A live session of the client's own begins its lease again, whatever becomes of the command.
void renew_session(step& now, const command& asked) {
  if (!asked.session_id) return;
  const auto id = parse_session(*asked.session_id);
  const session* const live = id ? now.state.sessions.find(*id) : nullptr;
  if (live == nullptr || live->client != asked.client_id) return;
  if (now.state.sessions.renew(*id, now.time_ms)) now.events.session("session.safe", live->client, *id);
}

}  // namespace

machine::machine() : state_(std::make_unique<machine_state>()) {}

outcome machine::apply(const record& next) {
  state_->clock.advance(next.offset, next.timestamp_ms);
  step now{*state_, next.offset, next.timestamp_ms, state_->clock.time_ms, 0, {}, {}};
  outcome result;
  result.offset = now.offset;
  result.time_ms = now.time_ms;
  expire(now);
  make_offers(now);

  std::variant<command, undecodable> decoded = decoder_.decode(next.value);
  if (const auto* const asked = std::get_if<command>(&decoded)) {
    renew_session(now, *asked);
    run(now, *asked, result);
  } else {
    undecodable& bad = std::get<undecodable>(decoded);
    result.replies.push_back({std::string(bad.client_id), bad.key, std::string(bad.reply_to), now.offset,
                              refuse(answer_code::bad_command, bad.reason), reply::cause::executed});
    result.bad_command = std::move(bad.reason);
  }
  make_offers(now);

  std::ranges::move(now.pushed, std::back_inserter(result.replies));
  result.events = now.events.take();
  result.digest = state_->digest.total();
  return result;
}

/// Steps 2 and 3, then the command. Ticks have no answer.
void machine::run(step& now, const command& asked, outcome& result) {
  if (std::holds_alternative<no_command>(asked.body)) return;
  if (asked.is_deduplicated()) {
    run_deduplicated(now, asked, result);
    return;
  }
  auto refusal = judge_sessions(now, asked);
  result.replies.push_back(
      reply_to(asked, now.offset, refusal ? std::move(*refusal) : execute_command(now, asked, result)));
}

void machine::run_deduplicated(step& now, const command& asked, outcome& result) {
  client_table& clients = state_->clients;
  if (asked.ack_below.value_or(0) > 0) clients.acknowledge(clients.open(asked.client_id), *asked.ack_below);
  if (const client* const known = clients.find(asked.client_id)) {
    if (asked.key.is_sequence() && client_table::is_too_old(*known, asked.key.sequence)) {
      result.replies.push_back(reply_to(asked, now.offset, refuse(answer_code::seq_too_old)));
      return;
    }
    if (const stored_answer* const stored = client_table::find_answer(*known, asked.key)) {
      if (digest_value{stored->payload_high, stored->payload_low} == asked.payload)
        repeat_answer(asked, *stored, result);
      else
        result.replies.push_back(reply_to(asked, now.offset, refuse(answer_code::idempotency_mismatch)));
      return;
    }
  }
  if (auto refusal = judge_sessions(now, asked)) {
    result.replies.push_back(reply_to(asked, now.offset, std::move(*refusal)));
    return;
  }
  answer content = execute_command(now, asked, result);
  stored_answer executed{now.offset, now.time_ms, asked.payload.high, asked.payload.low, content, {}};
  clients.store(clients.open(asked.client_id), asked.key, std::move(executed));
  result.replies.push_back(reply_to(asked, now.offset, std::move(content)));
}

std::optional<answer> machine::judge_sessions(const step& now, const command& asked) const {
  if (asked.session_id)
    if (auto no = judge_session(now, asked.client_id, *asked.session_id)) return no;
  const auto* const opened = std::get_if<session_open>(&asked.body);
  if (opened != nullptr && opened->resume) return judge_session(now, asked.client_id, *opened->resume);
  return std::nullopt;
}

answer machine::execute_command(step& now, const command& asked, outcome& result) {
  execution run{now, asked, {}, {}};
  std::optional<answer> refusal;
  if (asked.lock) refusal = judge_token(now, run.session(), asked.lock->name, asked.lock->token);
  answer content = refusal ? std::move(*refusal)
                           : std::visit([&](const auto& body) { return execute(run, body); }, asked.body);
  if (!run.show_id.empty() && !content.show_version)
    if (const show* const about = state_->shows.find(run.show_id)) content.show_version = about->version;
  if (run.audit.empty() && asked.is_deduplicated())
    run.audit.push_back({std::string(asked.client_id), std::string(asked.type), content.code, "", {}});
  for (audit_entry& entry : run.audit) entry.code = content.code;
  result.audit = std::move(run.audit);
  return content;
}

void machine::repeat_answer(const command& asked, const stored_answer& stored, outcome& result) {
  reply again = reply_to(asked, stored.offset, stored.content);
  again.why = reply::cause::replayed;
  result.replies.push_back(std::move(again));
  const auto* const acquired = std::get_if<lock_acquire>(&asked.body);
  const auto session = asked.session_id ? parse_session(*asked.session_id) : std::nullopt;
  if (acquired != nullptr && session)
    state_->locks.set_reply_to(*session, acquired->name, asked.key, std::string(asked.reply_to));
}

std::string machine::snapshot() const {
  return encode_snapshot(*state_);
}

result<machine> machine::from_snapshot(bytes_view bytes) {
  auto state = decode_snapshot(bytes);
  if (!state) return fail(state);
  machine restored;
  restored.state_ = std::move(*state);
  return restored;
}

bool machine::corrupt_one_seat() {
  for (const auto& [id, content] : state_->shows.all()) {
    show& victim = *state_->shows.find(id);
    for (std::int32_t row = 1; row <= victim.rows(); ++row)
      for (std::int32_t column = 1; column <= victim.columns(); ++column) {
        const seat_id place{row, column};
        if (!victim.has_seat(place)) continue;
        const seat& found = victim.at(place);
        const bool is_free = found.state == seat_state::available;
        state_->shows.set_seat(victim, place, is_free ? seat_state::blocked : seat_state::available);
        return true;
      }
  }
  return false;
}

}  // namespace marquee::booking
