#include "read_manager/read_manager_process.h"

#include "base/logging.h"
#include "net/stop_signal.h"
#include "read_manager/read_manager.h"

namespace marquee::read_manager {

void describe(config_schema& schema, read_manager_options& options) {
  net::describe(schema, options.process);
  schema.text("http.advertised", options.advertised_http,
              "host:port under which other processes reach this one; empty: http.address and http.port.");
  schema.text("postgres.url", options.postgres_url, "Connection text or URL of the metadata database.");
  schema.integer("postgres.timeout_ms", options.postgres_timeout_ms, 100, 60'000,
                 "After this a statement is given up and what needs it answers 503.");
  schema.text("metadata.copy_file", options.metadata_copy_file,
              "File that keeps a copy of the metadata, so that this process can serve what was known when it "
              "starts while PostgreSQL is away. Readable by its owner only. Empty: none.");
  schema.integer("request.timeout.ms", options.request_timeout_ms, 100, 300'000,
                 "How long a request may take that has no wait of its own.");
  schema.integer(
      "consume.patience_ms", options.consume_patience_ms, 100, 300'000,
      "How long a consume may take beyond its wait_ms, for instance while a partition has no leader.");
  schema.integer("activity.write_ms", options.activity_write_ms, 100, 3'600'000,
                 "How often last-seen times of consumers are written to PostgreSQL.");
  schema.integer("consumer.max_owned", options.max_consumers, 1, 10'000'000,
                 "Consumers whose reading state is kept in memory; the least recently used one makes room.");
  schema.integer(
      "consumer.max_long_polls", options.max_long_polls, 1, 65'536,
      "Connections to one broker that wait for messages there; beyond it consumers look now and then.");
  schema.integer("consumer.read_ahead_bytes", options.read_ahead_bytes, 65'536, 1LL << 30,
                 "Bytes of messages read ahead for one consumer.");
  schema.integer("read_ahead.total_bytes", options.total_read_ahead_bytes, 1 << 20, 1LL << 40,
                 "Bytes of messages read ahead for all consumers together.");
  schema.integer("consume.default_max_bytes", options.default_max_bytes, 1, 1LL << 30,
                 "Bytes of messages in one answer where the request names no max_bytes.");
  schema.integer("consume.max_bytes", options.greatest_max_bytes, 1, 1LL << 30,
                 "The most that max_bytes of a request counts for.");
}

int run_read_manager(const read_manager_options& options) {
  net::stop_signal signal;
  net::initialise_process_logging(options.process);
  auto manager = read_manager::make(options);
  if (!manager) {
    log_error("read_manager", "cannot start: {}", manager.error().message);
    return 1;
  }
  if (const result<> started = (*manager)->start(); !started) {
    log_error("read_manager", "cannot start: {}", started.error().message);
    return 1;
  }
  signal.wait();
  log_info("read_manager", "{} stops", options.process.component());
  (*manager)->stop();
  return 0;
}

}  // namespace marquee::read_manager
