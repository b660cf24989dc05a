#include "write_manager/write_manager.h"

#include <stop_token>

#include "base/logging.h"
#include "db/controller_lock.h"
#include "db/database_status.h"
#include "kafka/api/init_producer_id.h"
#include "kafka/leader_feed.h"
#include "net/http_router.h"
#include "write_manager/activity_handler.h"
#include "write_manager/broker_handlers.h"
#include "write_manager/cluster_handlers.h"
#include "write_manager/controller_loop.h"
#include "write_manager/produce_handler.h"
#include "write_manager/producer_handlers.h"
#include "write_manager/repair_loop.h"
#include "write_manager/silence_watch.h"
#include "write_manager/topic_handlers.h"

namespace marquee::write_manager {

namespace {

constexpr std::int64_t retry_start_ms = 1'000;
constexpr std::int64_t producer_id_retry_ms = 200;

kafka::cluster_client_options client_options(const write_manager_options& options) {
  kafka::cluster_client_options made;
  made.connection.client_id = options.process.name;
  return made;
}

}  // namespace

struct write_manager::state {
  state(const write_manager_options& with, std::unique_ptr<net::process_host> made)
      : options(with),
        host(std::move(made)),
        database(host->metrics(), "write_manager"),
        store({.url = options.postgres_url,
               .threads = options.postgres_threads,
               .statement_timeout_ms = options.postgres_timeout_ms,
               .status = &database}),
        follower(cache, {.url = options.postgres_url,
                         .statement_timeout_ms = options.postgres_timeout_ms,
                         .copy_file = options.metadata_copy_file,
                         .status = &database}),
        lock({.url = options.postgres_url, .holder = options.process.name, .status = &database}),
        registry(clock, options.health),
        brokers(host->loop(), client_options(options)),
        activity(host->loop(), store, cache, clock),
        context{.options = options,
                .component = options.process.component(),
                .time = clock,
                .loop = host->loop(),
                .http = host->client(),
                .secret = host->secret(),
                .metrics = host->metrics(),
                .store = store,
                .cache = cache,
                .follower = follower,
                .brokers = brokers,
                .registry = registry,
                .activity = activity},
        feed(host->loop(), host->client(), host->secret(), brokers),
        link(brokers),
        batcher(host->loop(), link,
                {.requests_in_flight = options.produce_requests_in_flight,
                 .joining_bytes = options.produce_joining_bytes,
                 .queued_bytes_most = options.produce_queue_bytes},
                host->metrics()),
        sender(link, batcher, host->metrics()),
        producer(context, own, sender),
        topics(context),
        controller(context, lock, topics),
        repairs(context, lock),
        managers(host->loop(), store, cache),
        silence(context) {}

  write_manager_options options;
  system_clock clock;
  std::unique_ptr<net::process_host> host;
  db::database_status database;
  db::metadata_store store;
  db::metadata_cache cache;
  db::metadata_follower follower;
  db::controller_lock lock;
  broker_registry registry;
  kafka::cluster_client brokers;
  db::activity_log activity;
  manager_context context;
  kafka::leader_feed feed;
  cluster_broker_link link;
  produce_batcher batcher;
  own_producer own;
  produce_sender sender;
  produce_handler producer;
  topic_creator topics;
  controller_loop controller;
  repair_loop repairs;
  db::manager_directory managers;
  silence_watch silence;
  std::stop_source stopping;
  bool has_schema = false;
  bool stopped = false;

  /// Waits for PostgreSQL, brings the schema up to date, then lets everything that needs it begin. What is
  /// known from the copy is served meanwhile.
  net::task<void> begin() {
    for (bool told = false; !stopping.stop_requested();) {
      const result<> migrated = co_await store.migrate(net::deadline::in_ms(options.postgres_timeout_ms));
      if (migrated) break;
      if (!std::exchange(told, true))
        log_warning("write_manager", "waiting for PostgreSQL ({}): {}; trying every second",
                    migrated.error().message,
                    cache.filled() ? "producing goes on with what the copy of the metadata holds"
                                   : "nothing can be served before");
      co_await net::sleep_ms(retry_start_ms);
    }
    if (stopping.stop_requested()) co_return;
    has_schema = true;
    follower.start();
    lock.start();
    controller.start();
    managers.start(options.process.name, "write_manager",
                   "http://" + options.process.http.address + ":" + std::to_string(host->http_port()));
    activity.start(
        options.activity_write_ms, [this] { note_activity_of_brokers(context); },
        [this] { silence.look(lock.held().has_value()); });
  }

  /// A producer id of its own for this manager: from PostgreSQL, or from what some broker has in reserve.
  net::task<void> obtain_producer_id() {
    while (!stopping.stop_requested() && !own.id()) {
      result<std::int64_t> id = fail(error_code::unavailable, "PostgreSQL has not been reached yet");
      if (has_schema)
        id = co_await store.take_producer_ids(1, net::deadline::in_ms(options.postgres_timeout_ms));
      if (!id) id = co_await ask_brokers_for_producer_id();
      if (id)
        own.set_id(*id);
      else
        co_await net::sleep_ms(producer_id_retry_ms);
    }
  }

  net::task<result<std::int64_t>> ask_brokers_for_producer_id() {
    for (const kafka::broker_address& broker : brokers.brokers()) {
      const auto outcome = co_await brokers.call(broker.id, kafka::init_producer_id_request{},
                                                 net::deadline::in_ms(retry_start_ms));
      if (outcome.response && outcome.response->error == kafka::kafka_error::none)
        co_return outcome.response->producer_id;
    }
    co_return fail(error_code::unavailable, "no broker has a producer id to give");
  }

  /// Tells the broker client and the leader feed whom the metadata names.
  net::task<void> follow_brokers() {
    while (!stopping.stop_requested()) {
      const std::uint64_t seen = follower.changed().generation();
      std::vector<kafka::broker_address> kafka_addresses;
      std::vector<net::endpoint> http_addresses;
      for (const auto& [id, broker] : cache.snapshot()->brokers()) {
        // Announced and never seen, or gone.
        if (broker.incarnation.value() == 0 || broker.evicted()) continue;
        kafka_addresses.push_back({id, {broker.host, broker.kafka_port}});
        if (broker.http_port != 0) http_addresses.push_back({broker.host, broker.http_port});
      }
      brokers.set_bootstrap(std::move(kafka_addresses));
      feed.set_brokers(std::move(http_addresses));
      static_cast<void>(co_await follower.changed().wait(seen, net::deadline::never(), stopping.get_token()));
    }
  }

  [[nodiscard]] result<> ready() const {
    if (!cache.filled())
      return fail(error_code::unavailable, "PostgreSQL has not been read yet: " + database.describe());
    if (!own.id())
      return fail(error_code::unavailable,
                  "this manager has no producer id of its own yet: " + database.describe());
    return {};
  }
};

write_manager::write_manager(std::unique_ptr<state> state) : state_(std::move(state)) {}

write_manager::~write_manager() {
  stop();
}

result<std::unique_ptr<write_manager>> write_manager::make(const write_manager_options& options) {
  auto host = net::process_host::make(options.process);
  if (!host) return fail(host);
  return std::unique_ptr<write_manager>(
      new write_manager(std::make_unique<state>(options, std::move(*host))));
}

result<> write_manager::start() {
  state& self = *state_;
  net::http_router& router = self.host->router();
  add_topic_routes(router, self.context, self.topics);
  add_broker_routes(router, self.context);
  add_producer_routes(router, self.context, self.topics);
  add_cluster_routes(router, self.context, self.managers);
  add_activity_route(router, self.context);
  router.add(
      "POST", "/producer/produce",
      [&self](net::http_exchange& exchange) { return self.producer.handle(exchange); }, net::query_use::none);
  if (const result<> started = self.host->start([&self] { return self.ready(); }); !started) return started;
  self.follower.load_copy();
  self.host->loop().spawn([&self] { return self.begin(); });
  self.host->loop().spawn([&self] { return self.obtain_producer_id(); });
  self.host->loop().spawn([&self] { return self.follow_brokers(); });
  self.feed.start();
  self.repairs.start();
  return {};
}

void write_manager::stop() {
  if (std::exchange(state_->stopped, true)) return;
  state& self = *state_;
  self.host->announce_stop();
  // The next controller need not wait until the last request here is answered.
  self.controller.stop();
  self.repairs.stop();
  self.lock.stop();
  self.host->give_notice();
  self.stopping.request_stop();
  self.activity.stop();
  self.managers.stop();
  self.feed.stop();
  self.host->stop();
  self.follower.stop();
}

std::uint16_t write_manager::http_port() const {
  return state_->host->http_port();
}

}  // namespace marquee::write_manager
