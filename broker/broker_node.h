#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "broker/broker_options.h"
#include "broker/disk_watch.h"
#include "broker/event_log.h"
#include "broker/internal_routes.h"
#include "broker/kafka_front_door.h"
#include "broker/manager_client.h"
#include "broker/partition.h"
#include "broker/producer_id_reserve.h"
#include "broker/registration_loop.h"
#include "broker/replica_monitor.h"
#include "broker/replica_reconciler.h"
#include "broker/retention_loop.h"
#include "net/event_loop.h"
#include "net/process_host.h"

namespace marquee::broker {

/// A whole broker in one object: HTTP side, identity, topic metadata, Raft groups, Kafka side, registration.
/// Used by the process, and by tests that want a broker within their own process.
///
/// Made, started and stopped on one thread that is none of its own. A broker that has an identity starts and
/// serves without managers and PostgreSQL; a new one waits in `start` for a manager.
class broker_node {
 public:
  /// Errors: those of process_host::make, invalid_argument (configuration).
  [[nodiscard]] static result<std::unique_ptr<broker_node>> make(const broker_options& options);
  ~broker_node();
  broker_node(const broker_node&) = delete;
  broker_node& operator=(const broker_node&) = delete;

  /// `stop` is asked while a new broker waits for its identity; true ends the wait with `cancelled`.
  [[nodiscard]] result<> start(const std::function<bool()>& stop = [] { return false; });
  /// Graceful: hands leadership over, answers what is under way, writes a checkpoint. Twice is harmless.
  void stop();

  [[nodiscard]] std::uint16_t http_port() const { return process_->http_port(); }
  [[nodiscard]] std::uint16_t kafka_port() const { return door_->port(); }
  [[nodiscard]] raft::raft_host& host() { return *host_; }
  [[nodiscard]] topic_catalog& catalog() { return *catalog_; }
  /// Requests that wait for news of leaders. For tests.
  [[nodiscard]] std::size_t long_polls() const;

 private:
  explicit broker_node(broker_options options);
  [[nodiscard]] result<> check_options();
  void add_routes();
  [[nodiscard]] result<broker_identity> find_identity(const std::function<bool()>& stop);
  [[nodiscard]] result<> start_raft(const broker_identity& identity);
  [[nodiscard]] result<raft::raft_host_options> raft_options(const broker_identity& identity) const;
  [[nodiscard]] result<> open_front_door(const broker_identity& identity);
  [[nodiscard]] broker_announcement announcement() const;
  [[nodiscard]] net::future<push_result> push(metadata_push what);
  [[nodiscard]] result<> ready() const;
  /// From any thread: the replica met damage.
  void repair_later(const group_id& group);
  /// So that clients are told where to go as long as this broker can tell them.
  void wait_until_successors_are_known() const;

  broker_options options_;
  file_system& files_ = system_file_system();
  system_clock clock_;
  std::vector<net::endpoint> managers_;
  boot_count boot_{};
  process_id process_id_{};
  incarnation_id incarnation_{};
  std::optional<broker_identity> identity_;
  std::unique_ptr<net::process_host> process_;
  std::unique_ptr<broker_metrics> metrics_;
  std::unique_ptr<topic_catalog> catalog_;
  std::unique_ptr<producer_id_reserve> producer_ids_;
  std::unique_ptr<manager_client> manager_client_;
  std::unique_ptr<registration_loop> registration_;
  std::unique_ptr<internal_routes_environment> routes_;
  std::unique_ptr<event_log> events_;
  std::unique_ptr<raft::raft_host> host_;
  std::unique_ptr<broker_services> services_;
  std::unique_ptr<replica_reconciler> reconciler_;
  std::unique_ptr<retention_loop> retention_;
  std::unique_ptr<disk_watch> disk_;
  std::unique_ptr<replica_monitor> monitor_;
  std::unique_ptr<kafka_front_door> door_;
  /// Applies metadata and makes replicas, which waits for the disk; turns retention.
  std::unique_ptr<net::event_loop> catalog_loop_;
  std::atomic<broker_services*> serving_{nullptr};
  /// On the catalog loop.
  std::map<group_id, int> repairs_;
  bool stopped_ = false;
};

}  // namespace marquee::broker
