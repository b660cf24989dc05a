#include "write_manager/write_manager_process.h"

#include "base/logging.h"
#include "net/stop_signal.h"
#include "write_manager/write_manager.h"

namespace marquee::write_manager {

namespace {

void describe_health(config_schema& schema, write_manager_options& options) {
  schema.integer("broker.quiet_ms", options.health.quiet_ms, 100, 600'000,
                 "A broker that was not heard for so long gets no new partitions until it is.");
  schema.integer("broker.suspect_ms", options.health.suspect_ms, 500, 600'000,
                 "A broker that was not heard for so long is suspect; whether it failed is then asked of the "
                 "others.");
  schema.integer(
      "broker.eviction_ms", options.health.eviction_ms, 0, 30LL * 24 * 3600 * 1000,
      "A broker that has been failed for so long is evicted: Kafka clients are not told of it until "
      "it is back.");
  schema.integer("leader.spread_after_ms", options.leader_spread.steady_ms, 100, 3'600'000,
                 "A broker that has been back for so long gets the leadership of its partitions again.");
  schema.integer("leader.hold_ms", options.leader_spread.hold_ms, 0, 7LL * 24 * 3600 * 1000,
                 "A leadership that an operator moved stays there for so long at least.");
  schema.integer("leader.transfers_at_once", options.leader_spread.at_once, 0, 1'000,
                 "Leaderships that are moved back at the same time; 0 moves none.");
  schema.integer("activity.write_ms", options.activity_write_ms, 100, 3'600'000,
                 "How often last-seen times are written to PostgreSQL.");
  schema.integer("activity.silent_ms", options.activity_silent_ms, 100, 365LL * 24 * 3600 * 1000,
                 "A producer or consumer that was not heard for so long is logged, once.");
}

}  // namespace

void describe(config_schema& schema, write_manager_options& options) {
  net::describe(schema, options.process);
  schema.text("postgres.url", options.postgres_url, "Where the metadata is: libpq's connection URL or text.");
  schema.integer("postgres.threads", options.postgres_threads, 1, 32, "Connections for statements.");
  schema.integer("postgres.timeout_ms", options.postgres_timeout_ms, 100, 60'000,
                 "After this a statement is given up and what needs it answers 503.");
  schema.text("metadata.copy_file", options.metadata_copy_file,
              "File that keeps a copy of the metadata, so that this process can serve what was known when it "
              "starts while PostgreSQL is away. Readable by its owner only. Empty: none.");
  schema.integer("request.timeout_ms", options.request_timeout_ms, 100, 600'000,
                 "How long a produce is tried before it is answered 503 NOT_ENOUGH_REPLICAS.");
  schema.integer("topic.create_wait_ms", options.create_wait_ms, 0, 60'000,
                 "How long POST /topics waits for leaders before it answers \"pending\":true.");
  schema.integer("topic.partitions_most", options.partitions_most, 1, 100'000, "Partitions of one topic.");
  schema.integer("topic.replication_factor", options.default_replication_factor, 1, 100,
                 "Replicas of a topic that says nothing about it.");
  schema.integer("internal.offsets.partitions", options.offsets_partitions, 1, 10'000,
                 "Partitions of __consumer_offsets; counts when it is created.");
  schema.integer("internal.replication_factor", options.internal_replication_factor, 1, 100,
                 "Replicas of __consumer_offsets, which is created when so many brokers are there.");
  describe_health(schema, options);
  schema.integer("produce.messages_most", options.limits.messages_most, 1, 10'000'000,
                 "Messages of one produce request.");
  schema.integer("message.key_bytes", options.limits.key_bytes, 0, 1 << 20,
                 "A message's key has at most so many bytes.");
  schema.integer("message.headers_most", options.limits.headers_most, 0, 10'000, "Headers of one message.");
  schema.integer("message.header_bytes", options.limits.header_bytes, 1, 1 << 20,
                 "A header's name has at most so many bytes, and so has its value.");
  schema.integer("produce.requests_in_flight", options.produce_requests_in_flight, 1, 64,
                 "Produce requests to one broker at once; what comes meanwhile shares the next one.");
  schema.integer("produce.joining_bytes", options.produce_joining_bytes, 1, 8 << 20,
                 "Another request joins those under way only if it holds this much, or after 10 ms.");
  schema.integer("produce.queue_bytes", options.produce_queue_bytes, 1 << 20, std::int64_t{16} << 30,
                 "Bytes that may wait to be sent to brokers; beyond it produce answers 503 OVERLOADED.");
}

int run_write_manager(const write_manager_options& options) {
  net::stop_signal stop;
  net::initialise_process_logging(options.process);
  auto made = write_manager::make(options);
  if (!made) {
    log_error("write_manager", "cannot start: {}", made.error().message);
    return 1;
  }
  if (const result<> started = (*made)->start(); !started) {
    log_error("write_manager", "cannot start: {}", started.error().message);
    return 1;
  }
  stop.wait();
  log_info("write_manager", "stopping");
  (*made)->stop();
  log_info("write_manager", "stopped");
  return 0;
}

}  // namespace marquee::write_manager
