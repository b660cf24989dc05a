#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "broker/broker_services.h"
#include "kafka/protocol_types.h"
#include "net/deadline.h"
#include "net/task.h"

namespace marquee::broker {

struct topic_wish {
  std::string name;
  std::int32_t partitions = 1;
  std::int32_t replication_factor = 1;
  std::map<std::string, std::string> config{};
};

/// What a write manager said, in Kafka's words. REQUEST_TIMED_OUT: it could not be asked, or not now.
struct manager_verdict {
  kafka::kafka_error error = kafka::kafka_error::none;
  std::string message{};
};

/// Has topics made and deleted by a write manager, and knows when this broker serves them.
class topic_client {
 public:
  explicit topic_client(broker_services& services) : services_(services) {}

  [[nodiscard]] net::task<manager_verdict> create(topic_wish wanted, net::deadline end,
                                                  std::stop_token gone) const;
  [[nodiscard]] net::task<manager_verdict> remove(std::string name, net::deadline end,
                                                  std::stop_token gone) const;

  /// This broker knows the topic and a leader for each of its partitions.
  [[nodiscard]] bool is_served(const std::string& name) const;
  /// False if that takes too long.
  [[nodiscard]] net::task<bool> wait_until_served(std::string name, net::deadline end,
                                                  std::stop_token gone) const;

 private:
  broker_services& services_;
};

}  // namespace marquee::broker
