#include "broker/broker_options.h"

#include <algorithm>
#include <thread>

namespace marquee::broker {

namespace {

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;

void describe_raft(config_schema& schema, broker_options& options) {
  schema.integer("raft.election_timeout_least_ms", options.election_timeout_least_ms, 10, 600'000,
                 "A follower that hears nothing from a leader campaigns after this at the earliest.");
  schema.integer("raft.election_timeout_most_ms", options.election_timeout_most_ms, 10, 600'000,
                 "And after this at the latest.");
  schema.integer("raft.heartbeat_ms", options.raft_heartbeat_ms, 1, 60'000,
                 "How often a leader is heard of, one message per pair of brokers.");
  schema.integer("raft.quorum_timeout_ms", options.quorum_timeout_ms, 10, 600'000,
                 "A leader that has not heard from a majority for this long steps down.");
  schema.integer("raft.failover_step_ms", options.failover_step_ms, 0, 60'000,
                 "After the leader's connection broke a replica campaigns after its rank times this.");
  schema.integer("raft.uncommitted_bytes_most", options.uncommitted_bytes_most, mebibyte, 4096 * mebibyte,
                 "A partition's leader takes no more appends while this much is not committed.");
  schema.integer("raft.wal_file_bytes", options.wal_file_bytes, mebibyte, 1024 * mebibyte,
                 "Size of one file of the write-ahead log.");
  schema.integer("raft.checkpoint_bytes", options.checkpoint_bytes, mebibyte, 16'384 * mebibyte,
                 "A checkpoint is made when this much of the write-ahead log is in use.");
  schema.integer("flush.ms", options.flush_ms, 1, 60'000,
                 "Writes of topics with durability=relaxed are synced this long after their answer.");
  schema.integer("flush.bytes", options.flush_bytes, 4096, 1024 * mebibyte,
                 "Or as soon as this much of them is not synced.");
  schema.text(
      "boot_id_file", options.boot_id_file,
      "Holds a text that changes with each boot of the machine, where the kernel's own cannot be read "
      "or is shared (containers, tests). Unreadable: each start without a clean stop counts as one "
      "after a loss of power.");
}

void describe_limits(config_schema& schema, broker_options& options) {
  schema.integer("partition.entry_bytes", options.appends.entry_bytes, 4096, 16 * mebibyte,
                 "A log entry is closed when it holds this much.");
  schema.integer("partition.entries_in_flight", options.appends.entries_in_flight, 1, 64,
                 "Entries of a partition that may be on their way to a majority at once.");
  schema.integer("partition.joining_bytes", options.appends.joining_bytes, 1, 16 * mebibyte,
                 "Another entry joins those on their way only if it holds this much.");
  schema.integer("partition.queued_bytes_most", options.appends.queued_bytes_most, mebibyte, 1024 * mebibyte,
                 "What may wait to be appended to a partition; then it answers NOT_ENOUGH_REPLICAS.");
  schema.integer(
      "disk.reserve_bytes", options.disk_reserve_bytes, 0, std::int64_t{1} << 50,
      "While less is free on the disk of data_dir the broker hands over what it leads and takes no "
      "records; at half of it its log stops growing. 0: not before it is full.");
  schema.integer("scrub.bytes_per_second", options.scrub_bytes_per_second, 0, 65'536 * mebibyte,
                 "Segments and full files of the write-ahead log are read again at this pace, so that damage "
                 "is found where nobody reads. 0: they are not.");
  schema.integer("scrub.interval_ms", options.scrub_interval_ms, 100, std::int64_t{366} * 86'400'000,
                 "This long after one such pass began the next one begins, unless it takes longer.");
  schema.integer("retention.check_ms", options.retention_check_ms, 200, 3'600'000,
                 "How often each partition looks for segments that retention lets go.");
  schema.integer("kafka.max_request_bytes", options.limits.max_request_bytes, 1024, 1024 * mebibyte,
                 "A larger Kafka request closes its connection.");
  schema.integer("kafka.max_requests_in_flight", options.limits.max_requests_in_flight, 1, 10'000,
                 "Kafka requests of one connection under way; then it is not read from.");
  schema.integer("kafka.max_bytes_in_flight", options.limits.max_bytes_in_flight, mebibyte, 65'536 * mebibyte,
                 "Bytes of Kafka requests under way, of all connections; then none is read from.");
  schema.integer("kafka.max_fetch_bytes", options.limits.max_fetch_bytes, 1024, 1024 * mebibyte,
                 "Most that one Fetch answer holds, whatever the client wants.");
  schema.integer("kafka.request_timeout_ms", options.limits.request_timeout_ms, 100, 3'600'000,
                 "A Kafka request that has begun must be there whole by then.");
  schema.integer("kafka.idle_timeout_ms", options.limits.idle_timeout_ms, 1000, 86'400'000,
                 "A Kafka connection without requests is closed after this.");
  schema.integer("kafka.write_timeout_ms", options.limits.write_timeout_ms, 100, 3'600'000,
                 "A Kafka client that does not read its answer for this long is cut off.");
}

void describe_defaults(config_schema& schema, broker_options& options) {
  schema.flag("auto.create.topics.enable", options.defaults.create_on_demand,
              "Create a topic when a Kafka client that allows it asks for one that does not exist.");
  schema.integer("auto.create.topics.partitions", options.defaults.partitions, 1, 10'000,
                 "Partitions of such a topic, and of one whose creator names no number.");
  schema.integer("auto.create.topics.replication_factor", options.defaults.replication_factor, 1, 100,
                 "Replicas of such a topic; fewer where there are fewer brokers.");
}

}  // namespace

broker_options::broker_options() {
  process.role = "broker";
  process.http.port = 9644;
  kafka.port = 9092;
  kafka.protocol = net::listener_protocol::kafka;
  raft.port = 9192;
  raft.protocol = net::listener_protocol::raft;
  raft.role = net::listener_role::internal;
}

std::size_t broker_options::thread_count() const {
  if (threads > 0) return static_cast<std::size_t>(threads);
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

const std::string& broker_options::reachable_host() const {
  return advertised_host.empty() ? kafka.address : advertised_host;
}

std::vector<broker_setting> list_settings(const broker_options& options) {
  broker_options current = options;
  broker_options usual;
  config_schema of_current;
  config_schema of_usual;
  describe(of_current, current);
  describe(of_usual, usual);
  std::vector<broker_setting> settings;
  // A schema takes what its fields hold as the defaults.
  for (std::size_t i = 0; i < of_current.keys().size(); ++i) {
    const config_key& key = of_current.keys()[i];
    settings.push_back(
        {key.name, key.type, key.default_value, of_usual.keys()[i].default_value, key.meaning});
  }
  return settings;
}

void describe(config_schema& schema, broker_options& options) {
  net::describe(schema, options.process);
  schema.text("data_dir", options.data_dir, "Folder that holds the broker's identity, log and segments.");
  net::describe(schema, "kafka", options.kafka);
  schema.text("kafka.advertised_host", options.advertised_host,
              "Host at which clients, managers and other brokers find this one; empty: kafka.address.");
  net::describe(schema, "raft", options.raft);
  schema.text_list("write_managers", options.write_managers,
                   "HTTP addresses (host:port) of all write managers: the broker registers with each.");
  schema.integer("threads", options.threads, 0, 256, "Partition threads; 0: as many as cores, at most 4.");
  schema.integer("managers.heartbeat_ms", options.heartbeat_to_managers_ms, 100, 60'000,
                 "How often each write manager hears of this broker.");
  describe_raft(schema, options);
  describe_limits(schema, options);
  describe_defaults(schema, options);
}

}  // namespace marquee::broker
