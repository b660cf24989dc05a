#include "read_manager/consumer_router.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "net/event_loop.h"
#include "read_manager/api_errors.h"

namespace marquee::read_manager {

using kafka::kafka_error;

net::http_response consumer_router::unavailable(const error& cause) const {
  return to_response(brokers_unavailable(component_, cause.message, net::api_outcome::definite));
}

void consumer_router::let_go(const consumer_pointer& consumer) {
  table_.erase(consumer->who.id);
  consumer->lost = true;
  consumer->changed.wake_all();
}

void consumer_router::note_turn() {
  const std::int64_t now_us = system_clock().monotonic_us();
  if (now_us - last_turn_us_ > standstill_us) stood_still_until_us_ = now_us;
  last_turn_us_ = now_us;
}

net::task<bool> consumer_router::still_owned(consumer_pointer consumer, net::deadline end) {
  if (consumer->lost) co_return false;
  const std::int64_t now_us = system_clock().monotonic_us();
  const bool ran = now_us - last_turn_us_ <= standstill_us && consumer->verified_us > stood_still_until_us_;
  if (ran && now_us - consumer->verified_us < verify_after_us) co_return true;
  const result<consumer_record> record =
      co_await positions_.read(consumer->who.id, end.earlier_of(net::deadline::in_ms(1'000)));
  if (consumer->lost) co_return false;
  if (!record) co_return true;  // reading goes on without these brokers; at worst something is repeated
  if (record->standing != consumer_record::state::live || record->epoch != consumer->epoch) {
    table_.erase(consumer->who.id);
    consumer->lost = true;
    co_return false;
  }
  consumer->verified_us = now_us;
  co_return true;
}

net::task<consumer_pointer> consumer_router::find_verified(std::string id, net::deadline end) {
  const consumer_pointer consumer = table_.find(id);
  if (!consumer || !co_await still_owned(consumer, end)) co_return nullptr;
  co_return consumer;
}

net::task<consumer_router::step_outcome> consumer_router::claim(consumer_reference who,
                                                                consumer_record record, net::deadline end) {
  const result<command_outcome> claimed = co_await positions_.claim(who, record.epoch, end);
  if (!claimed) co_return step_outcome{nullptr, {}, unavailable(claimed.error())};
  if (claimed->error == kafka_error::unknown_member_id)
    co_return step_outcome{nullptr, {}, to_response(consumer_not_found(component_, who.id))};
  if (claimed->error != kafka_error::none) co_return step_outcome{};  // somebody was faster: look again
  // The old owner could still commit until the claim: only now its last word is known.
  if (record.epoch > 0) {
    const result<consumer_record> again = co_await positions_.read(who.id, end);
    if (!again) co_return step_outcome{nullptr, {}, unavailable(again.error())};
    if (again->epoch != claimed->epoch) co_return step_outcome{};
    record.committed = again->committed;
  }
  auto consumer = std::make_shared<owned_consumer>(who, claimed->epoch, record.committed);
  consumer->verified_us = consumer->last_used_us = system_clock().monotonic_us();
  consumer->last_seen_ms = system_clock().wall_ms();
  table_.insert(consumer);
  count_.claimed.add();
  if (!record.owner.empty() && record.owner != positions_.self()) {
    count_.taken_over.add();
    forwarder_.begin_to_say_release(record.owner, who.id);
    log_info("read_manager", "took over consumer {} from {} as epoch {}", who.id, record.owner,
             claimed->epoch);
  }
  co_return step_outcome{std::move(consumer), {}, std::nullopt};
}

net::task<bool> consumer_router::take_over(consumer_reference who, consumer_record record,
                                           net::deadline end) {
  if (opening_.contains(who.id)) co_return false;
  const net::wake_point opened;
  opening_.emplace(who.id, opened);
  const step_outcome step = co_await claim(who, std::move(record), end);
  opening_.erase(who.id);
  opened.wake_all();
  co_return step.owned != nullptr;
}

net::task<consumer_router::step_outcome> consumer_router::look_up(consumer_reference who, arrival how,
                                                                  std::string gone_owner, net::deadline end) {
  const result<consumer_record> record = co_await positions_.read(who.id, end);
  if (!record) co_return step_outcome{nullptr, {}, unavailable(record.error())};
  ownership_step step = next_step(*record, positions_.self(), how);
  if (step == ownership_step::forward && record->owner == gone_owner) step = ownership_step::claim;
  switch (step) {
    case ownership_step::not_found:
      co_return step_outcome{nullptr, {}, to_response(consumer_not_found(component_, who.id))};
    case ownership_step::forward:
      co_return step_outcome{nullptr, record->owner, std::nullopt};
    case ownership_step::tell_not_owner: {
      net::http_response answer = to_response(not_owner(component_, record->owner));
      answer.headers.add(std::string(not_owner_header), record->owner);
      co_return step_outcome{nullptr, {}, std::move(answer)};
    }
    case ownership_step::claim:
      break;
  }
  co_return co_await claim(std::move(who), *record, end);
}

net::task<routed> consumer_router::route(net::http_exchange& exchange, consumer_reference who,
                                         net::deadline end) {
  const arrival how = forwarder_.was_forwarded(exchange.request) ? arrival::forwarded : arrival::direct;
  // Before anything that takes time: the sender takes the consumer over if it does not hear from us.
  if (how == arrival::forwarded) {
    (void)co_await exchange.send_interim(102);
    exchange.show_life_every_ms(request_forwarder::confirm_every_ms);
  }
  std::string gone_owner;
  for (int round = 0; round < most_rounds && !end.passed(); ++round) {
    if (consumer_pointer owned = co_await find_verified(who.id, end)) co_return owned;
    if (exchange.stopping()) co_return released(component_);
    if (const auto other = opening_.find(who.id); other != opening_.end()) {
      const net::wake_point point = other->second;
      (void)co_await point.wait(point.generation(), end);
      --round;
      continue;
    }
    const net::wake_point opened;
    opening_.emplace(who.id, opened);
    step_outcome step = co_await look_up(who, how, gone_owner, end);
    opening_.erase(who.id);
    opened.wake_all();

    if (step.owned) co_return step.owned;
    if (step.answer) co_return std::move(*step.answer);
    if (step.forward_to.empty()) continue;

    count_.forwarded.add();
    forward_outcome forwarded = co_await forwarder_.forward(exchange, step.forward_to, who.id, end);
    if (forwarded.client_gone) co_return net::http_response{.status = 499};
    if (forwarded.released) {
      gone_owner = step.forward_to;
      continue;
    }
    if (forwarded.not_owner) {
      co_await net::sleep_ms(kafka::retry_delay_ms(round + 1));
      continue;
    }
    switch (decide_after_forward(forwarded.attempt)) {
      case after_forward::pass_on:
        co_return std::move(*forwarded.response);
      case after_forward::give_up:
        co_return to_response(owner_silent(component_, step.forward_to));
      case after_forward::take_over:
        gone_owner = step.forward_to;
    }
  }
  co_return to_response(brokers_unavailable(component_, "the owner of the consumer changed again and again",
                                            net::api_outcome::definite));
}

}  // namespace marquee::read_manager
