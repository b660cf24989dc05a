#include "booking_app/log/booking_topics.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "base/logging.h"
#include "client/administrator.h"

namespace marquee::booking {

namespace {

using nlohmann::json;

constexpr std::int64_t between_attempts_ms = 200;

/// The configuration keys that the log relies on: other values are refused. The rest is only how we create.
struct topic_plan {
  marquee::client::topic_request request;
  std::vector<std::string> relied_on;
};

topic_plan plan(const std::string& name, std::int32_t partitions, bool for_ever, const char* durability) {
  topic_plan made;
  made.request = {.name = name, .partitions = partitions, .replication_factor = 3, .config = {}};
  auto& config = made.request.config;
  config["durability"] = durability;
  config["partition.max.messages"] = "0";
  config["partitions.max"] = std::to_string(partitions);
  config["message.timestamp.type"] = "append";
  // Votes are read at once or never.
  config["retention.ms"] = for_ever ? "-1" : "600000";
  config["retention.bytes"] = for_ever ? "-1" : "134217728";
  if (!for_ever) config["segment.bytes"] = "16777216";
  if (for_ever) made.relied_on = {"durability", "message.timestamp.type", "retention.ms", "retention.bytes"};
  return made;
}

std::array<topic_plan, 5> plans_of(const booking_topics& topics) {
  return {plan(topics.commands(), 1, true, "durable"), plan(topics.admin(), 1, true, "durable"),
          plan(topics.events(), 1, true, "durable"), plan(topics.dead_letters(), 1, true, "durable"),
          plan(topics.replies(), reply_partitions, false, "relaxed")};
}

/// Values of a topic's configuration may come as numbers or as text.
std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

marquee::client::api_failure unsuitable(const std::string& topic, const std::string& what) {
  return {.code = "UNSUITABLE_TOPIC",
          .message = "topic '" + topic + "' exists, but " + what +
                     "; delete it, or choose another booking.topic_prefix",
          .component = "booking.log"};
}

marquee::client::outcome<> check(const topic_plan& wanted, const std::string& description) {
  const std::string& name = wanted.request.name;
  const json answer = json::parse(description, nullptr, false);
  const json topic = answer.is_object() ? answer.value("topic", json()) : json();
  const json partitions = topic.is_object() ? topic.value("partitions", json()) : json();
  const json config = topic.is_object() ? topic.value("config", json()) : json();
  if (!partitions.is_array() || !config.is_object())
    return std::unexpected(marquee::client::api_failure{
        .code = "MALFORMED_ANSWER",
        .message = "the description of topic '" + name + "' does not have the promised form",
        .component = "booking.log",
        .retriable = true});
  if (partitions.size() != static_cast<std::size_t>(wanted.request.partitions))
    return std::unexpected(unsuitable(name, "it has " + std::to_string(partitions.size()) +
                                                " partitions instead of " +
                                                std::to_string(wanted.request.partitions)));
  for (const std::string& key : wanted.relied_on) {
    const auto found = config.find(key);
    const std::string& value = wanted.request.config.at(key);
    const std::string actual = found == config.end() ? "missing" : text_of(*found);
    if (actual != value)
      return std::unexpected(unsuitable(name, key + " is " + actual + " instead of " + value));
  }
  return {};
}

bool is_final(const marquee::client::api_failure& failure) {
  static constexpr std::array<std::string_view, 3> codes{"UNSUITABLE_TOPIC", "INVALID_TOPIC",
                                                         "INVALID_CONFIG"};
  return std::ranges::find(codes, failure.code) != codes.end();
}

/// One look: there and suitable, or created, or why not.
marquee::client::outcome<> ensure(marquee::client::administrator& cluster, const topic_plan& wanted) {
  const auto described = cluster.describe_topic(wanted.request.name);
  if (described) return check(wanted, *described);
  if (described.error().code != "TOPIC_NOT_FOUND") return std::unexpected(described.error());
  const auto created = cluster.create_topic(wanted.request);
  if (created) {
    log_info("booking.log", "topic '{}' is created", wanted.request.name);
    return {};
  }
  if (created.error().code != "TOPIC_EXISTS") return std::unexpected(created.error());
  // Somebody else was quicker.
  const auto again = cluster.describe_topic(wanted.request.name);
  if (!again) return std::unexpected(again.error());
  return check(wanted, *again);
}

}  // namespace

marquee::client::outcome<> ensure_topics(const marquee::client::client_options& options,
                                         const booking_topics& topics,
                                         const std::function<bool()>& is_cancelled) {
  marquee::client::client_options patient = options;
  patient.is_cancelled = is_cancelled;
  patient.deadline_ms = std::min<std::int64_t>(patient.deadline_ms, 10'000);
  marquee::client::administrator cluster(patient);
  for (const topic_plan& wanted : plans_of(topics)) {
    std::string said;
    while (true) {
      const auto done = ensure(cluster, wanted);
      if (done) break;
      if (is_final(done.error()) || is_cancelled()) return done;
      if (said != done.error().code)
        log_warning("booking.log", "waits for topic '{}': {}", wanted.request.name,
                    escape_for_log(to_string(done.error())));
      said = done.error().code;
      std::this_thread::sleep_for(std::chrono::milliseconds(between_attempts_ms));
    }
  }
  return {};
}

}  // namespace marquee::booking
