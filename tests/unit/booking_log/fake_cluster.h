#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/client/scripted_server.h"

namespace marquee::booking {

/// A cluster in memory behind a real HTTP server: topics, producers with sequences, consumers with long
/// polls. Tests reach into it to make it forget, refuse or lose. Only what the booking application uses.
class fake_cluster {
 public:
  using json = nlohmann::json;

  struct stored {
    std::int64_t offset = 0;
    std::string value;
  };
  struct topic {
    int id = 0;
    json config = json::object();
    std::vector<std::vector<stored>> partitions;
  };
  struct reader {
    std::string topic;
    std::map<std::int32_t, std::int64_t> next;
  };

  fake_cluster();
  ~fake_cluster();
  fake_cluster(const fake_cluster&) = delete;
  fake_cluster& operator=(const fake_cluster&) = delete;

  [[nodiscard]] client::client_options options() const { return client::quick({server_->url()}); }
  [[nodiscard]] std::string url() const { return server_->url(); }

  void add_topic(const std::string& name, std::int32_t partitions = 1, const json& config = json::object());
  void remove_topic(const std::string& name);
  void append(const std::string& name, const std::string& value, std::int32_t partition = 0);
  /// As retention would: the first messages are gone, the offsets of the others stay.
  void drop_first(const std::string& name, std::size_t count);
  void forget_consumers();
  void forget_producers();
  /// Every consumer begins again at `offset` of partition 0, as after a take-over by another manager.
  void take_over(std::int64_t offset);
  /// The next produce is stored and its answer lost.
  void lose_next_answer();

  [[nodiscard]] topic topic_named(const std::string& name);
  [[nodiscard]] bool has_topic(const std::string& name);
  [[nodiscard]] std::size_t requests(const std::string& target);
  [[nodiscard]] std::size_t consumers();
  /// Long polls that wait now.
  bool wait_for_polls(int count);
  /// Waits, at most five seconds, until `target` was asked for `count` times.
  bool wait_for_requests(const std::string& target, std::size_t count);

 private:
  void respond(const client::seen_request& request, httplib::Response& out);
  void describe(const std::string& name, httplib::Response& out);
  void create(const json& body, httplib::Response& out);
  void produce(const json& body, httplib::Response& out);
  void consume(const json& body, httplib::Response& out);
  void register_consumer(const json& body, httplib::Response& out);
  void seek(const json& body, httplib::Response& out);
  [[nodiscard]] json take(reader& from, std::size_t most);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  int polls_ = 0;
  int last_id_ = 0;
  bool loses_answer_ = false;
  std::map<std::string, topic> topics_;
  std::map<std::string, reader> consumers_;
  std::set<std::string> producers_;
  std::map<std::string, std::map<std::int64_t, json>> sequences_;
  std::map<std::string, std::size_t> requests_;
  std::optional<client::scripted_server> server_;
};

}  // namespace marquee::booking
