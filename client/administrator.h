#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/api_failure.h"
#include "client/client_options.h"

namespace marquee::client {

class api_connection;

struct topic_request {
  std::string name;
  std::int32_t partitions = 1;
  std::optional<std::int32_t> replication_factor{};
  std::map<std::string, std::string> config{};
};

/// Topics and the cluster; blocking. Belongs to one thread at a time. Answers are the cluster's JSON texts as
/// `http-api` describes them: what is added there reaches a program without a change here.
class administrator {
 public:
  explicit administrator(const client_options& options);
  administrator(administrator&&) noexcept;
  ~administrator();

  /// Not repeated once it may have taken effect.
  [[nodiscard]] outcome<std::string> create_topic(const topic_request& request);
  [[nodiscard]] outcome<std::string> list_topics();
  [[nodiscard]] outcome<std::string> describe_topic(const std::string& name);
  /// Sets these keys; the others stay.
  [[nodiscard]] outcome<std::string> alter_topic(const std::string& name,
                                                 const std::map<std::string, std::string>& config);
  /// Grows a topic to `count` partitions.
  [[nodiscard]] outcome<std::string> set_partitions(const std::string& name, std::int32_t count);
  /// A topic that is gone when an attempt is repeated was deleted by an earlier one whose answer was lost.
  [[nodiscard]] outcome<std::string> delete_topic(const std::string& name);
  [[nodiscard]] outcome<std::string> brokers();
  /// Takes a broker that does not run and has no replicas out of the cluster. As `delete_topic` when an
  /// attempt is repeated.
  [[nodiscard]] outcome<std::string> remove_broker(std::int64_t broker_id);
  [[nodiscard]] outcome<std::string> delete_producer(const std::string& producer_id);
  [[nodiscard]] outcome<std::string> cluster();

 private:
  outcome<std::string> get(const std::string& target);
  /// `gone_code`: what is answered once it is not there any more.
  outcome<std::string> remove(const std::string& target, const std::string& gone_code);

  std::unique_ptr<api_connection> connection_;
};

}  // namespace marquee::client
