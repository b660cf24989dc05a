#include "write_manager/controller_loop.h"

#include <map>
#include <stop_token>

#include "base/logging.h"
#include "write_manager/controller_state.h"
#include "write_manager/topic_creator.h"

namespace marquee::write_manager {

namespace {
constexpr std::int64_t look_every_ms = 100;
constexpr std::int64_t push_timeout_ms = 3'000;
constexpr std::int64_t creation_pause_ms = 2'000;
constexpr const char* offsets_topic = "__consumer_offsets";
}  // namespace

struct controller_loop::state {
  manager_context& context;
  db::controller_lock& lock;
  topic_creator& topics;
  metric_counter& pushes;
  metric_gauge& office_gauge;
  controller_state brokers{};
  bool creating = false;
  std::int64_t create_not_before_ms = 0;
  std::stop_source stopping{};

  [[nodiscard]] std::map<broker_id, boot_count> live_boots(const db::metadata_snapshot& metadata) const {
    std::map<broker_id, boot_count> live;
    for (const db::broker_row& broker : context.registry.live(metadata))
      if (broker.http_port != 0)
        if (const auto heard = context.registry.last(broker.id)) live[broker.id] = heard->process.boot;
    return live;
  }

  static net::task<void> push(std::shared_ptr<state> self, planned_push plan,
                              std::shared_ptr<const db::metadata_snapshot> metadata) {
    const auto broker = metadata->brokers().find(plan.broker);
    push_answer answer;
    // The office is asked for again right before sending: it may have been lost since.
    const std::optional<db::controller_office> office = self->lock.held();
    if (office && broker != metadata->brokers().end()) {
      net::http_request request;
      request.method = "POST";
      request.target = "/internal/metadata";
      request.headers.set("Content-Type", "application/json");
      request.body = encode_metadata_push(*office, *metadata, plan.from);
      self->context.secret.sign(request);
      self->pushes.add();
      const net::http_outcome outcome = co_await self->context.http.send(
          {broker->second.host, broker->second.http_port}, std::move(request),
          {.timeout_ms = push_timeout_ms,
           .cancel = self->stopping.get_token(),
           .on_interim = {},
           .resend_if_stale = true});
      answer = outcome.response ? decode_push_answer(outcome.response->status, outcome.response->body)
                                : push_answer{.problem = outcome.response.error().message};
      self->report(plan, *metadata, answer, *office);
    }
    self->brokers.answered(plan, metadata->version(), answer, self->context.time.monotonic_ms());
  }

  void report(const planned_push& plan, const db::metadata_snapshot& metadata, const push_answer& answer,
              const db::controller_office& office) {
    switch (answer.what) {
      case push_answer::kind::accepted:
        log_debug("controller", "broker {} knows metadata {} (from {})", plan.broker.value(),
                  metadata.version(), plan.from);
        break;
      case push_answer::kind::gap:
        log_info("controller", "broker {} has a gap after {}: it is told everything", plan.broker.value(),
                 plan.from);
        break;
      case push_answer::kind::not_ready:
        log_debug("controller", "broker {} is starting", plan.broker.value());
        break;
      case push_answer::kind::stale_controller:
        log_warning("controller", "broker {} knows controller epoch {}, ours is {}: taking a higher one",
                    plan.broker.value(), answer.known_epoch, office.epoch);
        lock.raise_above(std::max(answer.known_epoch, office.epoch));
        break;
      case push_answer::kind::failed:
        log_warning("controller", "broker {} could not be told metadata {}: {}", plan.broker.value(),
                    metadata.version(), answer.problem);
        break;
    }
  }

  static net::task<void> create_offsets_topic(std::shared_ptr<state> self) {
    const api_result<db::topic_row> made = co_await self->topics.create_internal(
        offsets_topic, static_cast<std::int32_t>(self->context.options.offsets_partitions),
        static_cast<std::int32_t>(self->context.options.internal_replication_factor));
    if (made)
      log_info("controller", "created {} with {} partitions", offsets_topic, made->partitions.size());
    else if (made.error().code != "NOT_ENOUGH_BROKERS" && made.error().code != "TOPIC_EXISTS")
      log_warning("controller", "could not create {}: {}", offsets_topic, made.error().message);
    self->create_not_before_ms = self->context.time.monotonic_ms() + creation_pause_ms;
    self->creating = false;
  }

  void ensure_offsets_topic(const std::shared_ptr<state>& self, const db::metadata_snapshot& metadata) {
    if (creating || metadata.find_topic(offsets_topic) || context.time.monotonic_ms() < create_not_before_ms)
      return;
    if (static_cast<std::int64_t>(context.registry.candidates(metadata).size()) <
        context.options.internal_replication_factor)
      return;
    creating = true;
    context.loop.spawn([self] { return create_offsets_topic(self); });
  }

  void look(const std::shared_ptr<state>& self) {
    const std::optional<db::controller_office> office = lock.held();
    office_gauge.set(office ? 1 : 0);
    const std::shared_ptr<const db::metadata_snapshot> metadata = context.cache.snapshot();
    if (!office || metadata->version() == 0) return;
    if (office->epoch != brokers.epoch()) brokers.begin_office(office->epoch);
    for (const planned_push& plan :
         brokers.next(live_boots(*metadata), metadata->version(), context.time.monotonic_ms()))
      context.loop.spawn([self, plan, metadata] { return push(self, plan, metadata); });
    ensure_offsets_topic(self, *metadata);
  }

  static net::task<void> run(std::shared_ptr<state> self) {
    while (!self->stopping.stop_requested()) {
      const std::uint64_t seen = self->context.follower.changed().generation();
      self->look(self);
      static_cast<void>(co_await self->context.follower.changed().wait(
          seen, net::deadline::in_ms(look_every_ms), self->stopping.get_token()));
    }
  }
};

controller_loop::controller_loop(manager_context& context, db::controller_lock& lock, topic_creator& topics)
    : state_(std::make_shared<state>(
          context, lock, topics,
          context.metrics.counter("marquee_write_manager_metadata_pushes_total", "Metadata told to brokers"),
          context.metrics.gauge("marquee_write_manager_is_controller",
                                "1 on the write manager that is the controller"))) {}

controller_loop::~controller_loop() {
  stop();
}

void controller_loop::start() {
  state_->context.loop.spawn([state = state_] { return state::run(state); });
}

void controller_loop::stop() {
  state_->stopping.request_stop();
}

bool controller_loop::in_office() const {
  return state_->lock.held().has_value();
}

}  // namespace marquee::write_manager
