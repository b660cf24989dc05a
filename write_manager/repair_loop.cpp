#include "write_manager/repair_loop.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stop_token>

#include "base/logging.h"
#include "write_manager/repair_plan.h"
#include "write_manager/under_replicated.h"

namespace marquee::write_manager {

namespace {

constexpr std::int64_t look_every_ms = 250;
constexpr std::int64_t survey_every_ms = 3'000;
constexpr std::int64_t survey_timeout_ms = 2'000;
constexpr std::int64_t transfer_timeout_ms = 3'000;
constexpr broker_state all_states[] = {broker_state::alive,    broker_state::draining, broker_state::suspect,
                                       broker_state::isolated, broker_state::failed,   broker_state::evicted};

using metadata_pointer = std::shared_ptr<const db::metadata_snapshot>;

std::vector<led_partition> led_partitions(const db::metadata_snapshot& metadata,
                                          const partition_statuses& statuses) {
  std::vector<led_partition> all;
  for (const auto& [name, topic] : metadata.topics())
    for (const db::partition_row& partition : topic->partitions) {
      const group_id group{topic->topic_id, partition.partition};
      const auto found = statuses.find(group);
      if (found == statuses.end() || !found->second.high_watermark || !found->second.leader ||
          partition.voters.empty())
        continue;
      const broker_id preferred = partition.voters.front().broker;
      const auto& replicas = found->second.replicas;
      const auto replica = std::ranges::find(replicas, preferred.value(), &replica_status::broker);
      all.push_back({.group = group,
                     .leader = broker_id(*found->second.leader),
                     .preferred = preferred,
                     .preferred_in_sync = replica != replicas.end() && replica->in_sync.value_or(false),
                     .ordered_ms_ago = found->second.ordered_ms_ago});
    }
  return all;
}

}  // namespace

struct repair_loop::state {
  state(manager_context& context_, db::controller_lock& lock_)
      : context(context_),
        lock(lock_),
        plan(context_.options.leader_spread,
             context_.options.health.suspect_ms + context_.options.health.confirmation_ms()),
        under_replicated(context_.metrics.gauge(
            "marquee_write_manager_under_replicated_partitions",
            "Partitions with a replica that is missing or behind; on the controller, else 0")),
        evictions(context_.metrics.counter("marquee_write_manager_evictions_total", "Brokers evicted")),
        transfers(context_.metrics.counter("marquee_write_manager_leader_transfers_total",
                                           "Leaderships given back to their first voters")),
        failed_transfers(context_.metrics.counter("marquee_write_manager_leader_transfers_failed_total",
                                                  "Leaderships that could not be given back")) {
    for (const broker_state each : all_states)
      state_gauges[each] =
          &context_.metrics.gauge("marquee_write_manager_brokers", "Brokers by the state they are held for",
                                  {{"state", std::string(to_string(each))}});
  }

  manager_context& context;
  db::controller_lock& lock;
  repair_plan plan;
  metric_gauge& under_replicated;
  metric_counter& evictions;
  metric_counter& transfers;
  metric_counter& failed_transfers;
  std::map<broker_state, metric_gauge*> state_gauges{};
  std::optional<eviction_veto> told_veto{};
  std::int64_t told_pauses = 0;
  std::vector<led_partition> partitions{};  ///< as of the last survey
  bool surveying = false;
  std::int64_t next_survey_ms = 0;
  std::stop_source stopping{};

  void log_change(const health_change& change) const;
  void look_at_brokers(const db::metadata_snapshot& metadata);
  [[nodiscard]] repair_view view(const db::metadata_snapshot& metadata) const;
  [[nodiscard]] std::map<group_id, broker_id> leaders(const db::metadata_snapshot& metadata) const;
  void note_veto(const std::optional<eviction_veto>& veto);
  void look(const std::shared_ptr<state>& self);

  static net::task<void> survey(std::shared_ptr<state> self, metadata_pointer metadata);
  static net::task<void> carry_out(std::shared_ptr<state> self, db::controller_office office,
                                   repair_step step);
  static net::task<void> change_eviction(std::shared_ptr<state> self, db::controller_office office,
                                         eviction_step step);
  static net::task<void> transfer_leader(std::shared_ptr<state> self, leader_transfer transfer);
  static net::task<void> run(std::shared_ptr<state> self);
};

void repair_loop::state::log_change(const health_change& change) const {
  const std::int32_t id = change.broker.value();
  switch (change.to) {
    case broker_state::alive:
      log_info("health", "broker {} is alive (was {})", id, to_string(change.from));
      break;
    case broker_state::draining:
      log_info("health", "broker {} is draining: it says that it is about to stop", id);
      break;
    case broker_state::suspect:
      log_warning("health", "broker {} is suspect (was {}): no heartbeat for {} ms", id,
                  to_string(change.from), context.options.health.suspect_ms);
      break;
    case broker_state::isolated:
      log_warning("health",
                  "broker {} is isolated: other brokers reach it, its heartbeats do not reach this manager; "
                  "look at the network between them",
                  id);
      break;
    case broker_state::failed:
      log_warning("health", "broker {} failed: most live brokers have no connection to it; evicted in {} ms",
                  id, context.options.health.eviction_ms);
      break;
    case broker_state::evicted:
      log_warning("health",
                  "broker {} is evicted (was {}): Kafka clients are not told of it until it is back", id,
                  to_string(change.from));
      break;
  }
}

void repair_loop::state::look_at_brokers(const db::metadata_snapshot& metadata) {
  for (const health_change& change : context.registry.look(metadata)) log_change(change);
  const std::int64_t pauses =
      context.registry.ask_health([](const broker_health& health, std::int64_t) { return health.pauses(); });
  if (std::exchange(told_pauses, pauses) != pauses)
    log_warning("health",
                "this manager did not run for a while: brokers are given the full time again before any is "
                "judged");
  std::map<broker_state, std::int64_t> counts;
  for (const auto& [id, broker] : metadata.brokers())
    if (broker.incarnation.value() != 0) ++counts[context.registry.state_of(id)];
  for (const auto& [each, gauge] : state_gauges) gauge->set(counts[each]);
}

std::map<group_id, broker_id> repair_loop::state::leaders(const db::metadata_snapshot& metadata) const {
  std::map<group_id, broker_id> known;
  for (const auto& [name, topic] : metadata.topics())
    for (const db::partition_row& partition : topic->partitions) {
      const group_id group{topic->topic_id, partition.partition};
      if (const auto leader = context.brokers.known_leader(group)) known[group] = *leader;
    }
  return known;
}

repair_view repair_loop::state::view(const db::metadata_snapshot& metadata) const {
  repair_view made;
  context.registry.ask_health([&](const broker_health& health, std::int64_t now_ms) {
    made.eviction = health.next_eviction(now_ms);
    made.back = health.next_return(now_ms);
    for (const auto& [id, broker] : metadata.brokers()) {
      made.boots[id] = health.boot_of(id).value_or(broker.boot);
      made.brokers[id] = {health.steady_since_ms(id)};
    }
  });
  for (auto& [id, broker] : made.brokers)
    if (const auto heard = context.registry.last(id)) broker.disk_full = heard->report.disk_full;
  made.partitions = partitions;
  return made;
}

void repair_loop::state::note_veto(const std::optional<eviction_veto>& veto) {
  if (std::exchange(told_veto, veto).has_value() == veto.has_value() || !veto) return;
  log_error("health",
            "{} of {} brokers are silent at once, more than a third: nobody is evicted; look at the network "
            "before the brokers",
            veto->silent, veto->members);
}

net::task<void> repair_loop::state::survey(std::shared_ptr<state> self, metadata_pointer metadata) {
  const partition_statuses statuses = co_await ask_partition_statuses(
      self->context, nullptr, read_barrier::no, net::deadline::in_ms(survey_timeout_ms));
  self->partitions = led_partitions(*metadata, statuses);
  const auto missing =
      find_under_replicated(*metadata, statuses, gone_brokers(self->context.registry, *metadata));
  self->under_replicated.set(static_cast<std::int64_t>(missing.size()));
  self->surveying = false;
}

net::task<void> repair_loop::state::change_eviction(std::shared_ptr<state> self, db::controller_office office,
                                                    eviction_step step) {
  const net::deadline end = net::deadline::in_ms(self->context.options.postgres_timeout_ms);
  const auto done =
      co_await self->context.store.set_eviction({step.broker, step.boot, step.evicted}, office, end);
  if (done) {
    static_cast<void>(co_await self->context.follower.refresh(end));
    log_info("controller", "{} broker {}, metadata version {}", step.evicted ? "evicted" : "took back",
             step.broker.value(), done->version);
    if (step.evicted) self->evictions.add();
  } else {
    log_warning("controller", "could not {} broker {}: {}", step.evicted ? "evict" : "take back",
                step.broker.value(), done.error().message);
  }
}

net::task<void> repair_loop::state::transfer_leader(std::shared_ptr<state> self, leader_transfer transfer) {
  const metadata_pointer metadata = self->context.cache.snapshot();
  const auto from = metadata->brokers().find(transfer.from);
  if (from == metadata->brokers().end() || from->second.http_port == 0) co_return;
  net::http_request request;
  request.method = "POST";
  request.target = "/internal/raft/transfer";
  request.headers.set("Content-Type", "application/json");
  request.body = nlohmann::json{{"topic", to_string(transfer.group.topic_id)},
                                {"partition", transfer.group.partition.value()},
                                {"target", transfer.to.value()}}
                     .dump();
  self->context.secret.sign(request);
  const net::http_outcome outcome =
      co_await self->context.http.send({from->second.host, from->second.http_port}, std::move(request),
                                       {.timeout_ms = transfer_timeout_ms,
                                        .cancel = self->stopping.get_token(),
                                        .on_interim = {},
                                        .resend_if_stale = true});
  if (outcome.response && outcome.response->status == 200) {
    self->transfers.add();
    log_info("controller", "asked broker {} to hand leadership of {} to broker {}", transfer.from.value(),
             to_string(transfer.group), transfer.to.value());
    co_return;
  }
  self->failed_transfers.add();
  log_info("controller", "broker {} did not hand leadership of {} to broker {}: {}", transfer.from.value(),
           to_string(transfer.group), transfer.to.value(),
           outcome.response ? "HTTP " + std::to_string(outcome.response->status) + " " +
                                  escape_for_log(outcome.response->body.substr(0, 200))
                            : outcome.response.error().message);
}

net::task<void> repair_loop::state::carry_out(std::shared_ptr<state> self, db::controller_office office,
                                              repair_step step) {
  if (const auto* eviction = std::get_if<eviction_step>(&step))
    co_await change_eviction(self, std::move(office), *eviction);
  else
    co_await transfer_leader(self, std::get<leader_transfer>(step));
  self->plan.answered(step, self->context.time.monotonic_ms());
}

void repair_loop::state::look(const std::shared_ptr<state>& self) {
  const metadata_pointer metadata = context.cache.snapshot();
  if (metadata->version() == 0) return;
  look_at_brokers(*metadata);
  const std::int64_t now_ms = context.time.monotonic_ms();
  const repair_view seen = view(*metadata);
  plan.observe_leaders(leaders(*metadata), now_ms);
  const std::optional<db::controller_office> office = lock.held();
  if (!office) {
    plan.leave_office();
    partitions.clear();
    under_replicated.set(0);
    return;
  }
  if (plan.epoch() != office->epoch) plan.begin_office(office->epoch, now_ms);
  note_veto(seen.eviction.veto);
  if (!surveying && now_ms >= next_survey_ms) {
    surveying = true;
    next_survey_ms = now_ms + survey_every_ms;
    context.loop.spawn([self, metadata] { return survey(self, metadata); });
  }
  for (const repair_step& step : plan.next(seen, now_ms))
    context.loop.spawn([self, office = *office, step] { return carry_out(self, office, step); });
}

net::task<void> repair_loop::state::run(std::shared_ptr<state> self) {
  while (!self->stopping.stop_requested()) {
    const std::uint64_t seen = self->context.follower.changed().generation();
    self->look(self);
    static_cast<void>(co_await self->context.follower.changed().wait(
        seen, net::deadline::in_ms(look_every_ms), self->stopping.get_token()));
  }
}

repair_loop::repair_loop(manager_context& context, db::controller_lock& lock)
    : state_(std::make_shared<state>(context, lock)) {}

repair_loop::~repair_loop() {
  stop();
}

void repair_loop::start() {
  state_->context.loop.spawn([state = state_] { return state::run(state); });
}

void repair_loop::stop() {
  state_->stopping.request_stop();
}

}  // namespace marquee::write_manager
