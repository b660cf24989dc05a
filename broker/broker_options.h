#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/config.h"
#include "broker/append_queue.h"
#include "broker/broker_services.h"
#include "net/listener_options.h"
#include "net/process_host.h"
#include "raft/runtime/raft_host.h"

namespace marquee::broker {

/// Everything that a broker is configured with; `describe` says what each key means.
struct broker_options {
  broker_options();

  net::process_options process;
  std::string data_dir;
  net::listener_options kafka;
  std::string advertised_host;
  net::listener_options raft;
  std::vector<std::string> write_managers;
  std::int64_t threads = 0;  ///< 0: as many as cores, at most 4
  std::int64_t heartbeat_to_managers_ms = 1'000;

  std::int64_t election_timeout_least_ms = 500;
  std::int64_t election_timeout_most_ms = 1'000;
  std::int64_t raft_heartbeat_ms = 100;
  std::int64_t quorum_timeout_ms = 1'000;
  std::int64_t failover_step_ms = 10;
  std::int64_t uncommitted_bytes_most = std::int64_t{64} << 20;
  std::int64_t wal_file_bytes = std::int64_t{64} << 20;
  std::int64_t checkpoint_bytes = std::int64_t{128} << 20;
  std::int64_t flush_ms = 100;
  std::int64_t flush_bytes = std::int64_t{1} << 20;
  std::string boot_id_file = "/proc/sys/kernel/random/boot_id";

  std::int64_t retention_check_ms = 30'000;
  std::int64_t disk_reserve_bytes = std::int64_t{256} << 20;
  std::int64_t scrub_bytes_per_second = std::int64_t{8} << 20;
  std::int64_t scrub_interval_ms = 86'400'000;

  append_queue_options appends;
  kafka_limits limits;
  topic_defaults defaults;

  [[nodiscard]] std::size_t thread_count() const;
  /// Where clients and the other processes are told to connect to.
  [[nodiscard]] const std::string& reachable_host() const;
};

/// Every key with its value and its default.
[[nodiscard]] std::vector<broker_setting> list_settings(const broker_options& options);

/// Ties every key to its field.
void describe(config_schema& schema, broker_options& options);

}  // namespace marquee::broker
