#include "write_manager/write_manager_process.h"

#include "base/logging.h"
#include "net/stop_signal.h"
#include "write_manager/write_manager.h"

namespace marquee::write_manager {

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
  schema.integer("broker.suspect_after_ms", options.suspect_after_ms, 100, 600'000,
                 "A broker that was not heard for so long gets no new partitions.");
  schema.integer("broker.failed_after_ms", options.failed_after_ms, 100, 3'600'000,
                 "A broker that was not heard for so long counts as failed.");
  schema.integer("produce.messages_most", options.limits.messages_most, 1, 10'000'000,
                 "Messages of one produce request.");
  schema.integer("message.key_bytes", options.limits.key_bytes, 0, 1 << 20,
                 "A message's key has at most so many bytes.");
  schema.integer("message.headers_most", options.limits.headers_most, 0, 10'000, "Headers of one message.");
  schema.integer("message.header_bytes", options.limits.header_bytes, 1, 1 << 20,
                 "A header's name has at most so many bytes, and so has its value.");
  schema.integer("produce.requests_in_flight", options.produce_requests_in_flight, 1, 64,
                 "Produce requests to one broker at once; what comes meanwhile shares the next one.");
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
