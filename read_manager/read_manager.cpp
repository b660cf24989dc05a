#include "read_manager/read_manager.h"

#include <stop_token>
#include <utility>

#include "base/logging.h"
#include "db/database_status.h"
#include "kafka/leader_feed.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

namespace {

constexpr std::int64_t sweep_every_ms = 1'000;
/// A long poll may begin when the stop was announced already.
constexpr std::int64_t hurry_every_ms = 100;
constexpr std::int64_t idle_read_ahead_us = 30'000'000;

kafka::cluster_client_options client_options(const read_manager_options& options) {
  kafka::cluster_client_options made;
  made.connection.client_id = options.process.name;
  made.max_exclusive_per_broker = static_cast<std::size_t>(options.max_long_polls);
  return made;
}

metric_counter& counter(net::process_host& host, const char* name, const char* help) {
  return host.metrics().counter(name, help);
}

}  // namespace

namespace {

/// What works for consumers.
struct consumer_parts {
  consumer_parts(net::process_host& host, kafka::cluster_client& cluster, offset_client& offsets,
                 const read_manager_options& options)
      : positions(cluster, {}),
        forwarder(host.loop(), host.client(), host.secret(), options.process.name),
        table(static_cast<std::size_t>(options.max_consumers)),
        router(options.process.component(), table, positions, forwarder,
               {counter(host, "marquee_read_manager_requests_forwarded_total",
                        "Requests sent on to the consumer's owner."),
                counter(host, "marquee_read_manager_consumers_claimed_total",
                        "Consumers this manager became owner of."),
                counter(host, "marquee_read_manager_consumers_taken_over_total",
                        "Consumers taken over from another manager.")}),
        fetcher(host.loop(), cluster, offsets,
                counter(host, "marquee_read_manager_fetches_total", "Fetch requests sent to brokers.")),
        committer(host.loop(), positions) {}

  position_client positions;
  request_forwarder forwarder;
  consumer_table table;
  consumer_router router;
  consumer_fetcher fetcher;
  consumer_committer committer;
};

}  // namespace

struct read_manager::state {
  state(const read_manager_options& with, std::unique_ptr<net::process_host> made)
      : options(with),
        host(std::move(made)),
        database(host->metrics(), "read_manager"),
        store({.url = options.postgres_url,
               .statement_timeout_ms = options.postgres_timeout_ms,
               .status = &database}),
        follower(cache, {.url = options.postgres_url,
                         .statement_timeout_ms = options.postgres_timeout_ms,
                         .copy_file = options.metadata_copy_file,
                         .status = &database}),
        cluster(host->loop(), client_options(options)),
        feed(host->loop(), host->client(), host->secret(), cluster),
        offsets(host->loop(), cluster),
        directory(host->loop(), store, cache),
        activity(host->loop(), store, cache, time) {}

  read_manager_options options;
  system_clock time;
  std::unique_ptr<net::process_host> host;
  db::database_status database;
  db::metadata_store store;
  db::metadata_cache cache;
  db::metadata_follower follower;
  kafka::cluster_client cluster;
  kafka::leader_feed feed;
  offset_client offsets;
  db::manager_directory directory;
  db::activity_log activity;
  std::unique_ptr<consumer_parts> parts;
  std::unique_ptr<services> all;
  std::stop_source stopping;
  bool stopped = false;

  [[nodiscard]] std::string advertised() const {
    if (!options.advertised_http.empty()) return options.advertised_http;
    return options.process.http.address + ":" + std::to_string(host->http_port());
  }

  void make_services() {
    parts = std::make_unique<consumer_parts>(*host, cluster, offsets, options);
    all.reset(new services{
        .options = options,
        .component = options.process.component(),
        .loop = host->loop(),
        .secret = host->secret(),
        .store = store,
        .cache = cache,
        .follower = follower,
        .cluster = cluster,
        .positions = parts->positions,
        .offsets = offsets,
        .fetcher = parts->fetcher,
        .committer = parts->committer,
        .table = parts->table,
        .router = parts->router,
        .forwarder = parts->forwarder,
        .managers = directory,
        .activity = activity,
        .messages_consumed =
            counter(*host, "marquee_read_manager_messages_consumed_total", "Messages in answers to consume."),
        .bytes_consumed = counter(*host, "marquee_read_manager_bytes_consumed_total",
                                  "Bytes of keys, values and headers in answers to consume."),
        .time = time,
    });
  }

  /// The schema is brought up to date by whoever comes first; then the cache fills. What is known from the
  /// copy is served meanwhile.
  net::task<void> begin() {
    for (bool told = false; !stopping.stop_requested();) {
      const result<> migrated = co_await store.migrate(net::deadline::in_ms(options.postgres_timeout_ms));
      if (migrated) break;
      if (!std::exchange(told, true))
        log_warning("read_manager", "waiting for PostgreSQL ({}): {}; trying every second",
                    migrated.error().message,
                    cache.filled() ? "consuming goes on with what the copy of the metadata holds"
                                   : "nothing can be served before");
      co_await net::sleep_ms(1'000);
    }
    if (stopping.stop_requested()) co_return;
    follower.start();
    directory.start(options.process.name, "read_manager", "http://" + advertised());
    activity.start(options.activity_write_ms);
  }

  /// Tells the broker client and the leader feed whom the metadata names, and lets go of deleted consumers.
  net::task<void> follow_metadata() {
    while (!stopping.stop_requested()) {
      const std::uint64_t seen = follower.changed().generation();
      std::vector<kafka::broker_address> kafka_addresses;
      std::vector<net::endpoint> http_addresses;
      for (const auto& [id, broker] : cache.snapshot()->brokers()) {
        // Announced and never seen, or gone.
        if (broker.incarnation.value() == 0 || broker.evicted()) continue;
        if (broker.kafka_port != 0) kafka_addresses.push_back({id, {broker.host, broker.kafka_port}});
        if (broker.http_port != 0) http_addresses.push_back({broker.host, broker.http_port});
      }
      cluster.set_bootstrap(std::move(kafka_addresses));
      feed.set_brokers(std::move(http_addresses));
      (void)co_await follower.changed().wait(seen, net::deadline::never(), stopping.get_token());
    }
  }

  /// Keeps the memory of read-ahead within its bound.
  net::task<void> sweep() {
    metric_gauge& consumers =
        host->metrics().gauge("marquee_read_manager_consumers", "Consumers that this manager owns.");
    metric_gauge& bytes =
        host->metrics().gauge("marquee_read_manager_read_ahead_bytes", "Bytes read ahead for all consumers.");
    metric_gauge& lag = host->metrics().gauge(
        "marquee_read_manager_largest_lag_records",
        "Records that the owned consumer that is furthest behind has not been given, as far as known.");
    while (!stopping.stop_requested()) {
      lag.set(parts->table.largest_lag());
      const std::size_t held = parts->table.free_memory(
          time.monotonic_us() - idle_read_ahead_us, static_cast<std::size_t>(options.total_read_ahead_bytes));
      consumers.set(static_cast<std::int64_t>(parts->table.size()));
      bytes.set(static_cast<std::int64_t>(held));
      co_await net::sleep_ms(sweep_every_ms);
    }
  }

  /// So that a process that was stopped for a while knows that it was.
  net::task<void> note_turns() {
    while (!stopping.stop_requested()) {
      parts->router.note_turn();
      co_await net::sleep_ms(consumer_router::turn_every_ms);
    }
  }

  /// Of consumers that are owned here and of those whose owner waits for us.
  net::task<void> end_long_polls() {
    while (!stopping.stop_requested() && parts) {
      parts->table.wake_all();
      parts->forwarder.hurry();
      co_await net::sleep_ms(hurry_every_ms);
    }
  }

  [[nodiscard]] result<> ready() const {
    if (!cache.filled())
      return fail(error_code::unavailable, "PostgreSQL has not been read yet: " + database.describe());
    if (cluster.brokers().empty()) return fail(error_code::unavailable, "no broker is known yet");
    return {};
  }
};

read_manager::read_manager(std::unique_ptr<state> state) : state_(std::move(state)) {}
read_manager::~read_manager() {
  stop();
}

result<std::unique_ptr<read_manager>> read_manager::make(const read_manager_options& options) {
  auto host = net::process_host::make(options.process);
  if (!host) return fail(host);
  return std::unique_ptr<read_manager>(new read_manager(std::make_unique<state>(options, std::move(*host))));
}

result<> read_manager::start() {
  state& self = *state_;
  self.make_services();
  add_routes(self.host->router(), *self.all);
  if (const result<> started = self.host->start([&self] { return self.ready(); }); !started) return started;
  // Known only now if any free port was asked for; nothing is ready before.
  self.host->loop().run_and_wait([&self] { self.parts->positions.set_self(self.advertised()); });
  self.follower.load_copy();
  self.host->loop().spawn([&self] { return self.begin(); });
  self.host->loop().spawn([&self] { return self.follow_metadata(); });
  self.host->loop().run_and_wait([&self] { self.feed.start(); });
  self.host->loop().spawn([&self] { return self.sweep(); });
  self.host->loop().spawn([&self] { return self.note_turns(); });
  return {};
}

void read_manager::stop() {
  if (std::exchange(state_->stopped, true)) return;
  state& self = *state_;
  self.host->announce_stop();
  self.host->loop().spawn([&self] { return self.end_long_polls(); });
  self.host->give_notice();
  self.stopping.request_stop();
  self.directory.stop();
  self.activity.stop();
  self.host->loop().run_and_wait([&self] { self.feed.stop(); });
  self.host->stop();
  self.follower.stop();
}

std::uint16_t read_manager::http_port() const {
  return state_->host->http_port();
}

}  // namespace marquee::read_manager
