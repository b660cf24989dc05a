#include "broker/topic_admin_handler.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "broker/manager_client.h"
#include "net/api_error.h"
#include "net/http_message.h"
#include "net/json_body.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t shortest_timeout_ms = 1'000;
constexpr std::int64_t longest_timeout_ms = 60'000;
constexpr std::int64_t leader_poll_ms = 20;

/// What a manager said, in Kafka's words.
struct manager_verdict {
  kafka_error error = kafka_error::none;
  std::string message;
};

kafka_error error_of(std::string_view code) {
  static const std::map<std::string_view, kafka_error> codes = {
      {"TOPIC_EXISTS", kafka_error::topic_already_exists},
      {"TOPIC_NOT_FOUND", kafka_error::unknown_topic_or_partition},
      {"NOT_FOUND", kafka_error::unknown_topic_or_partition},
      {"INVALID_TOPIC", kafka_error::invalid_topic_exception},
      {"INVALID_CONFIG", kafka_error::invalid_config},
      {"NOT_ENOUGH_BROKERS", kafka_error::invalid_replication_factor},
      {"BAD_REQUEST", kafka_error::invalid_request},
  };
  const auto found = codes.find(code);
  return found == codes.end() ? kafka_error::request_timed_out : found->second;
}

manager_verdict read_verdict(const result<net::http_response>& answer) {
  if (!answer) return {kafka_error::request_timed_out, answer.error().message};
  if (answer->status >= 200 && answer->status < 300) return {};
  const auto body = net::parse_json(answer->body);
  if (!body || !body->is_object())
    return {kafka_error::request_timed_out, "the write manager answered " + std::to_string(answer->status)};
  const auto text = [&](const char* name) {
    const auto found = body->find(name);
    return found != body->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return {error_of(text("code")), text("message")};
}

net::http_request creation(const kafka::create_topics_request::topic& wanted, std::int32_t partitions,
                           std::int32_t replication_factor) {
  nlohmann::json config = nlohmann::json::object();
  for (const auto& one : wanted.configs)
    if (one.value) config[one.name] = *one.value;
  const nlohmann::json body = {{"name", wanted.name},
                               {"partitions", partitions},
                               {"replication_factor", replication_factor},
                               {"config", std::move(config)}};
  net::http_request request;
  request.method = "POST";
  request.target = "/topics";
  request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return request;
}

}  // namespace

bool topic_admin_handler::is_served(const std::string& name) const {
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const topic_metadata* topic = metadata->find(name);
  return topic != nullptr && std::ranges::all_of(topic->partitions, [&](const partition_metadata& partition) {
           return services_.host.leaders().find({topic->topic_id, partition.partition}).has_value();
         });
}

net::task<kafka::create_topics_response::topic> topic_admin_handler::create(
    kafka::create_topics_request::topic wanted, bool validate_only, net::deadline end,
    std::stop_token gone) const {
  kafka::create_topics_response::topic told;
  told.name = wanted.name;
  const metadata_snapshot metadata = services_.catalog.snapshot();
  if (metadata->find(wanted.name) != nullptr) {
    told.error = kafka_error::topic_already_exists;
    told.message = "the topic exists";
    co_return told;
  }
  const auto brokers = static_cast<std::int32_t>(std::max<std::size_t>(metadata->brokers.size(), 1));
  std::int32_t partitions = std::max(wanted.partitions, 1);
  std::int32_t replicas = wanted.replication_factor > 0 ? wanted.replication_factor : std::min(3, brokers);
  if (!wanted.assignments.empty()) {
    partitions = static_cast<std::int32_t>(wanted.assignments.size());
    replicas = static_cast<std::int32_t>(wanted.assignments.front().brokers.size());
  }
  told.partitions = partitions;
  told.replication_factor = static_cast<std::int16_t>(replicas);
  told.configs.emplace();
  if (validate_only) co_return told;
  const auto answer =
      co_await services_.managers.ask(creation(wanted, partitions, replicas), end.remaining_ms())
          .wait(end, gone);
  const manager_verdict verdict = read_verdict(answer);
  told.error = verdict.error;
  if (!verdict.message.empty()) told.message = verdict.message;
  while (told.error == kafka_error::none && !is_served(wanted.name)) {
    if (end.passed() || gone.stop_requested()) {
      told.error = kafka_error::request_timed_out;
      told.message = "the topic was created, but not every partition has a leader yet";
      break;
    }
    co_await net::sleep_ms(leader_poll_ms);
  }
  if (const topic_metadata* made = services_.catalog.snapshot()->find(wanted.name))
    told.topic_id = made->topic_id;
  co_return told;
}

net::task<kafka::create_topics_response> topic_admin_handler::handle(kafka::create_topics_request request,
                                                                     request_context context) const {
  services_.metrics.other_requests.add();
  const net::deadline end = net::deadline::in_ms(
      std::clamp<std::int64_t>(request.timeout_ms, shortest_timeout_ms, longest_timeout_ms));
  kafka::create_topics_response response;
  for (auto& wanted : request.topics)
    response.topics.push_back(co_await create(std::move(wanted), request.validate_only, end, context.gone));
  co_return response;
}

net::task<kafka::delete_topics_response::topic> topic_admin_handler::remove(
    kafka::delete_topics_request::topic wanted, net::deadline end, std::stop_token gone) const {
  kafka::delete_topics_response::topic told;
  told.name = wanted.name;
  told.topic_id = wanted.topic_id;
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const topic_metadata* known = wanted.name ? metadata->find(*wanted.name) : metadata->find(wanted.topic_id);
  if (known == nullptr && !wanted.name) {
    told.error = kafka_error::unknown_topic_id;
    co_return told;
  }
  const std::string name = known != nullptr ? known->name : *wanted.name;
  told.name = name;
  net::http_request request;
  request.method = "DELETE";
  request.target = "/topics/" + net::percent_encode(name);
  const auto answer = co_await services_.managers.ask(std::move(request), end.remaining_ms()).wait(end, gone);
  const manager_verdict verdict = read_verdict(answer);
  told.error = verdict.error;
  if (!verdict.message.empty()) told.message = verdict.message;
  while (told.error == kafka_error::none && services_.catalog.snapshot()->find(name) != nullptr) {
    if (end.passed() || gone.stop_requested()) break;
    co_await net::sleep_ms(leader_poll_ms);
  }
  co_return told;
}

net::task<kafka::delete_topics_response> topic_admin_handler::handle(kafka::delete_topics_request request,
                                                                     request_context context) const {
  services_.metrics.other_requests.add();
  const net::deadline end = net::deadline::in_ms(
      std::clamp<std::int64_t>(request.timeout_ms, shortest_timeout_ms, longest_timeout_ms));
  kafka::delete_topics_response response;
  for (auto& wanted : request.topics)
    response.topics.push_back(co_await remove(std::move(wanted), end, context.gone));
  co_return response;
}

}  // namespace marquee::broker
