#include "broker/topic_admin_handler.h"

#include <algorithm>
#include <map>
#include <utility>

#include "broker/topic_config_table.h"
#include "kafka/topic_name.h"
#include "net/event_loop.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t shortest_timeout_ms = 1'000;
constexpr std::int64_t longest_timeout_ms = 60'000;
constexpr std::int64_t poll_ms = 20;
/// "The broker decides", for numbers of partitions and replicas.
constexpr std::int32_t left_to_broker = -1;

net::deadline deadline_of(std::int32_t timeout_ms) {
  return net::deadline::in_ms(std::clamp<std::int64_t>(timeout_ms, shortest_timeout_ms, longest_timeout_ms));
}

}  // namespace

/// What a creation comes to, or why it is refused.
struct topic_admin_handler::plan {
  kafka_error error = kafka_error::none;
  std::string message;
  topic_wish wish;

  static plan refuse(kafka_error error, std::string message) { return {error, std::move(message), {}}; }
};

topic_admin_handler::plan topic_admin_handler::check(
    const kafka::create_topics_request::topic& wanted) const {
  if (!kafka::is_topic_name(wanted.name) || wanted.name.starts_with(internal_prefix))
    return plan::refuse(kafka_error::invalid_topic_exception,
                        "a topic's name is 1 to 249 of a-z A-Z 0-9 . _ - and does not begin with __");
  const metadata_snapshot metadata = services_.catalog.snapshot();
  if (metadata->find(wanted.name) != nullptr)
    return plan::refuse(kafka_error::topic_already_exists, "the topic exists");
  if (!wanted.assignments.empty())
    return plan::refuse(kafka_error::invalid_replica_assignment,
                        "the controller places replicas: name numbers of partitions and replicas instead");
  if (wanted.partitions != left_to_broker && wanted.partitions <= 0)
    return plan::refuse(kafka_error::invalid_partitions, "a topic has at least one partition");
  if (wanted.replication_factor != left_to_broker && wanted.replication_factor <= 0)
    return plan::refuse(kafka_error::invalid_replication_factor, "a partition has at least one replica");
  const auto brokers = static_cast<std::int64_t>(std::max<std::size_t>(metadata->brokers.size(), 1));
  const topic_defaults& defaults = services_.defaults;
  plan made;
  made.wish.name = wanted.name;
  made.wish.partitions = static_cast<std::int32_t>(
      wanted.partitions == left_to_broker ? defaults.partitions : std::int64_t{wanted.partitions});
  made.wish.replication_factor = static_cast<std::int32_t>(
      wanted.replication_factor == left_to_broker ? std::min(defaults.replication_factor, brokers)
                                                  : std::int64_t{wanted.replication_factor});
  if (made.wish.replication_factor > brokers)
    return plan::refuse(kafka_error::invalid_replication_factor,
                        "there are " + std::to_string(brokers) + " brokers");
  std::map<std::string, std::optional<std::string>> configs;
  for (const auto& one : wanted.configs) configs[one.name] = one.value;
  auto config = translate_topic_config(configs, made.wish.replication_factor);
  if (!config) return plan::refuse(kafka_error::invalid_config, config.error().message);
  made.wish.config = std::move(*config);
  return made;
}

net::task<kafka::create_topics_response::topic> topic_admin_handler::create(
    kafka::create_topics_request::topic wanted, bool validate_only, net::deadline end,
    std::stop_token gone) const {
  kafka::create_topics_response::topic told;
  told.name = wanted.name;
  const plan planned = check(wanted);
  told.error = planned.error;
  if (planned.error != kafka_error::none) {
    told.message = planned.message;
    co_return told;
  }
  told.partitions = planned.wish.partitions;
  told.replication_factor = static_cast<std::int16_t>(planned.wish.replication_factor);
  told.configs.emplace();
  if (validate_only) co_return told;
  const manager_verdict verdict = co_await topics_.create(planned.wish, end, gone);
  told.error = verdict.error;
  // The name was found good above: what is left is the number of partitions.
  if (told.error == kafka_error::invalid_topic_exception) told.error = kafka_error::invalid_partitions;
  if (!verdict.message.empty()) told.message = verdict.message;
  if (told.error == kafka_error::none && !co_await topics_.wait_until_served(wanted.name, end, gone)) {
    told.error = kafka_error::request_timed_out;
    told.message = "the topic was created, but not every partition has a leader yet";
  }
  if (const topic_metadata* made = services_.catalog.snapshot()->find(wanted.name))
    told.topic_id = made->topic_id;
  co_return told;
}

net::task<kafka::create_topics_response> topic_admin_handler::handle(kafka::create_topics_request request,
                                                                     request_context context) const {
  services_.metrics.other_requests.add();
  const net::deadline end = deadline_of(request.timeout_ms);
  kafka::create_topics_response response;
  std::map<std::string, int> times_named;
  for (const auto& wanted : request.topics) ++times_named[wanted.name];
  for (auto& wanted : request.topics) {
    const int times = std::exchange(times_named[wanted.name], 0);
    if (times == 0) continue;  // answered with its first mention
    if (times > 1) {
      auto& told = response.topics.emplace_back();
      told.name = wanted.name;
      told.error = kafka_error::invalid_request;
      told.message = "the request names the topic more than once";
      continue;
    }
    response.topics.push_back(co_await create(std::move(wanted), request.validate_only, end, context.gone));
  }
  co_return response;
}

net::task<kafka::delete_topics_response::topic> topic_admin_handler::remove(
    kafka::delete_topics_request::topic wanted, net::deadline end, std::stop_token gone) const {
  kafka::delete_topics_response::topic told;
  told.name = wanted.name;
  told.topic_id = wanted.topic_id;
  const bool by_id = !wanted.topic_id.is_none();
  if (by_id == wanted.name.has_value()) {
    told.error = kafka_error::invalid_request;
    told.message = "a topic is deleted by its name or by its id";
    co_return told;
  }
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const topic_metadata* known = by_id ? metadata->find(wanted.topic_id) : metadata->find(*wanted.name);
  if (known == nullptr && by_id) {
    told.error = kafka_error::unknown_topic_id;
    co_return told;
  }
  const std::string name = known != nullptr ? known->name : *wanted.name;
  told.name = name;
  if (known != nullptr) told.topic_id = known->topic_id;
  const manager_verdict verdict = co_await topics_.remove(name, end, gone);
  told.error = verdict.error;
  if (!verdict.message.empty()) told.message = verdict.message;
  while (told.error == kafka_error::none && services_.catalog.snapshot()->find(told.topic_id) != nullptr) {
    if (end.passed() || gone.stop_requested()) break;
    co_await net::sleep_ms(poll_ms);
  }
  co_return told;
}

net::task<kafka::delete_topics_response> topic_admin_handler::handle(kafka::delete_topics_request request,
                                                                     request_context context) const {
  services_.metrics.other_requests.add();
  const net::deadline end = deadline_of(request.timeout_ms);
  kafka::delete_topics_response response;
  for (auto& wanted : request.topics)
    response.topics.push_back(co_await remove(std::move(wanted), end, context.gone));
  co_return response;
}

}  // namespace marquee::broker
