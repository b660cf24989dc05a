#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "broker/position_table.h"
#include "kafka/api/fetch.h"
#include "kafka/api/list_offsets.h"
#include "kafka/api/metadata.h"
#include "kafka/request_header.h"
#include "net/event_loop.h"
#include "net/stream.h"
#include "net/wake_point.h"

namespace marquee::read_manager {

/// One broker on a real socket that leads every partition of topic "orders" and of `__consumer_offsets`, in
/// memory. Tests fill its logs and make it misbehave. Thread-safe.
class fake_cluster {
 public:
  explicit fake_cluster(int partitions);
  ~fake_cluster();

  [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
  /// Runs `work` on the cluster's own thread a little later.
  void later(std::move_only_function<void()> work) { loop_.post_after_ms(100, std::move(work)); }
  void append(int partition, const std::vector<std::string>& values);
  /// Retention removed everything below.
  void set_log_start(int partition, std::int64_t offset);
  /// The partition answers NOT_LEADER_OR_FOLLOWER until it is repaired.
  void set_leaderless(int partition, bool leaderless);
  [[nodiscard]] broker::consumer_state consumer(const std::string& id);
  /// As a manager would claim it.
  void claim_for(const std::string& id, const std::string& owner);
  void register_consumer(const std::string& id, const std::map<std::int32_t, std::int64_t>& positions);

  [[nodiscard]] int partitions() const { return static_cast<int>(logs_.size()); }
  [[nodiscard]] int fetches() const { return fetches_; }
  [[nodiscard]] int commits() const { return commits_; }

  static const uuid topic_id;
  static const uuid offsets_id;

 private:
  struct log {
    std::int64_t start = 0;
    std::vector<std::string> values;  ///< from offset 0 on
    bool leaderless = false;
  };

  net::task<void> serve(net::stream connection);
  net::task<kafka::wire_message> answer(kafka::request_header header, kafka::wire_reader& body);
  kafka::wire_message answer_metadata(const kafka::request_header& header, kafka::wire_reader& body);
  net::task<kafka::wire_message> answer_fetch(kafka::request_header header, kafka::wire_reader& body);
  bool fill(const kafka::fetch_request& request, kafka::fetch_response& response);
  kafka::wire_message answer_list_offsets(const kafka::request_header& header, kafka::wire_reader& body);
  kafka::wire_message answer_commit(const kafka::request_header& header, kafka::wire_reader& body);
  kafka::wire_message answer_positions(const kafka::request_header& header, kafka::wire_reader& body);

  net::event_loop loop_{"fake-cluster"};
  std::mutex mutex_;
  std::vector<log> logs_;
  broker::position_table positions_;
  net::wake_point appended_;
  std::atomic<int> fetches_ = 0;
  std::atomic<int> commits_ = 0;
  std::unique_ptr<net::listener> listener_;
};

}  // namespace marquee::read_manager
