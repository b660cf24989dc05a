#include "broker/registration_loop.h"

#include <atomic>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <utility>

#include "base/logging.h"
#include "base/release.h"
#include "net/event_loop.h"
#include "net/json_body.h"
#include "net/wake_point.h"

namespace marquee::broker {

namespace {

using nlohmann::json;
constexpr std::int64_t call_timeout_ms = 2'000;
constexpr std::int64_t id_block = 1'000;

result<json> read_success(const net::http_response& answer) {
  const auto body = net::parse_json(answer.body);
  if (!body || !body->is_object())
    return fail(error_code::invalid_argument, "answered " + std::to_string(answer.status) + " without JSON");
  if (answer.status >= 200 && answer.status < 300) return *body;
  error_code kind = answer.status == 409 ? error_code::refused : error_code::unavailable;
  if (answer.status == 409 && body->value("code", "") == "BROKER_RUNS_TWICE") kind = error_code::conflict;
  return fail(kind, "answered " + std::to_string(answer.status) + " " + body->value("code", "") + ": " +
                        body->value("message", ""));
}

}  // namespace

std::string encode_announcement(const broker_announcement& what, announcement_detail detail) {
  json body = {{"host", what.host},
               {"kafka_port", what.kafka_port},
               {"raft_port", what.raft_port},
               {"http_port", what.http_port},
               {"incarnation", what.incarnation.value()},
               {"boot", what.process.boot.value()},
               {"version", release_version()}};
  if (what.broker) body["broker_id"] = what.broker->value();
  if (what.cluster_id) body["cluster_id"] = to_string(*what.cluster_id);
  if (what.metadata_version) body["metadata_version"] = what.metadata_version();
  if (what.produced_records) body["produced_records"] = what.produced_records();
  if (what.fetched_records) body["fetched_records"] = what.fetched_records();
  if (detail == announcement_detail::basic) return body.dump();
  body["process"] = what.process.process.value();
  if (what.connected_peers) {
    json peers = json::array();
    for (const broker_id peer : what.connected_peers()) peers.push_back(peer.value());
    body["connected_peers"] = std::move(peers);
  }
  if (what.stopping) body["stopping"] = true;
  if (what.disk_full && what.disk_full()) body["disk"] = "full";
  return body.dump();
}

result<broker_identity> read_registration(const net::http_response& answer, incarnation_id incarnation) {
  const auto body = read_success(answer);
  if (!body) return fail(body);
  try {
    const auto cluster = uuid::parse(body->at("cluster_id").get<std::string>());
    const auto broker = body->at("broker_id").get<std::int32_t>();
    if (!cluster || broker < 1)
      return fail(error_code::invalid_argument, "its answer names no broker or cluster");
    return broker_identity{*cluster, {broker_id(broker), incarnation}};
  } catch (const json::exception& problem) {
    return fail(error_code::invalid_argument, std::string("its answer cannot be read: ") + problem.what());
  }
}

struct registration_loop::state {
  net::event_loop& loop;
  manager_client& managers;
  producer_id_reserve& producer_ids;
  broker_announcement what;
  std::int64_t interval_ms;
  std::stop_source stopping;
  net::wake_point pause;
  std::atomic<bool> stops{false};
  std::function<void(const error&)> must_stop{};

  net::http_request registration(announcement_detail detail = announcement_detail::full) const {
    net::http_request request;
    request.method = "POST";
    request.target = "/broker";
    broker_announcement now = what;
    now.stopping = stops;
    request.body = encode_announcement(now, detail);
    return request;
  }
  net::task<> wait(std::uint64_t seen, std::int64_t duration_ms) {
    (void)co_await pause.wait(seen, net::deadline::in_ms(duration_ms), stopping.get_token());
  }
  net::task<> wait(std::int64_t duration_ms) { co_await wait(pause.generation(), duration_ms); }
  static net::task<> register_with(std::shared_ptr<state> self, net::endpoint manager);
  static net::task<> refill_ids(std::shared_ptr<state> self);
};

net::task<> registration_loop::state::register_with(std::shared_ptr<state> self, net::endpoint manager) {
  enum class standing : std::uint8_t { unknown, registered, lost } now = standing::unknown;
  announcement_detail detail = announcement_detail::full;
  while (!self->stopping.stop_requested()) {
    const std::uint64_t seen = self->pause.generation();
    const auto answer = co_await self->managers.send(manager, self->registration(detail), call_timeout_ms);
    const auto identity =
        answer ? read_registration(*answer, self->what.incarnation) : result<broker_identity>(fail(answer));
    if (self->stopping.stop_requested()) break;
    if (identity && now != standing::registered)
      log_info("broker", "registered with write manager {}", net::to_string(manager));
    if (!identity && now != standing::lost)
      log_warning("broker", "write manager {} does not register this broker: {}", net::to_string(manager),
                  escape_for_log(identity.error().message));
    now = identity ? standing::registered : standing::lost;
    if (!identity && identity.error().code == error_code::conflict)
      self->must_stop(error{error_code::conflict,
                            "write manager " + net::to_string(manager) + " " + identity.error().message});
    if (!answer)
      detail = announcement_detail::full;  // it may come back as another release
    else if (answer->status == 400)
      detail = announcement_detail::basic;
    co_await self->wait(seen, self->interval_ms);
  }
}

net::task<> registration_loop::state::refill_ids(std::shared_ptr<state> self) {
  while (!self->stopping.stop_requested()) {
    while (self->producer_ids.left() < producer_id_reserve::wanted_in_reserve) {
      net::http_request request;
      request.method = "POST";
      request.target = "/internal/producer-ids";
      request.body = json{{"count", id_block}}.dump();
      const auto answer = co_await self->managers.ask(std::move(request), call_timeout_ms)
                              .wait(net::deadline::never(), self->stopping.get_token());
      const auto body = answer ? read_success(*answer) : result<json>(fail(answer));
      const std::int64_t first = body ? body->value("first", std::int64_t{-1}) : -1;
      const std::int64_t count = body ? body->value("count", std::int64_t{0}) : 0;
      if (first < 0 || count <= 0) break;
      if (auto added = self->producer_ids.add({first, count}); !added) {
        log_warning("broker", "cannot keep producer ids: {}", added.error().message);
        break;
      }
    }
    co_await self->wait(self->interval_ms);
  }
}

registration_loop::registration_loop(net::event_loop& loop, manager_client& managers,
                                     producer_id_reserve& producer_ids, broker_announcement what,
                                     std::int64_t interval_ms)
    : state_(new state{loop, managers, producer_ids, std::move(what), interval_ms, {}, {}, {}, {}}) {}

registration_loop::~registration_loop() {
  stop();
}

result<broker_identity> registration_loop::obtain_identity(const std::function<bool()>& stop) {
  bool told = false;
  while (!stop()) {
    result<broker_identity> identity = fail(error_code::unavailable, "no write manager is configured");
    for (const net::endpoint& manager : state_->managers.managers()) {
      state_->loop.spawn_and_wait([this, &identity, &manager]() -> net::task<> {
        const auto answer = co_await state_->managers.send(manager, state_->registration(), call_timeout_ms);
        if (answer)
          identity = read_registration(*answer, state_->what.incarnation);
        else
          identity = fail(error_code::unavailable, answer.error().message);
      });
      if (identity || identity.error().code == error_code::refused ||
          identity.error().code == error_code::conflict)
        return identity;
    }
    if (!std::exchange(told, true))
      log_info("broker",
               "this data directory is new: waiting for a write manager that gives it an identity ({})",
               escape_for_log(identity.error().message));
    state_->loop.spawn_and_wait([this]() -> net::task<> { co_await state_->wait(200); });
  }
  return fail(error_code::cancelled, "stopped before this broker had an identity");
}

void registration_loop::start(const broker_announcement& what, std::function<void(const error&)> must_stop) {
  state_->what = what;
  state_->must_stop = std::move(must_stop);
  for (const net::endpoint& manager : state_->managers.managers())
    state_->loop.spawn([self = state_, manager] { return state::register_with(self, manager); });
  state_->loop.spawn([self = state_] { return state::refill_ids(self); });
}

void registration_loop::announce_stopping() {
  state_->stops = true;
  state_->pause.wake_all();
}

void registration_loop::stop() {
  state_->stopping.request_stop();
}

}  // namespace marquee::broker
