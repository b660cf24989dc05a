#include "broker/topic_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "broker/manager_client.h"
#include "net/event_loop.h"
#include "net/http_message.h"
#include "net/json_body.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t poll_ms = 20;

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

net::http_request creation(const topic_wish& wanted) {
  nlohmann::json config = nlohmann::json::object();
  for (const auto& [key, value] : wanted.config) config[key] = value;
  const nlohmann::json body = {{"name", wanted.name},
                               {"partitions", wanted.partitions},
                               {"replication_factor", wanted.replication_factor},
                               {"config", std::move(config)}};
  net::http_request request;
  request.method = "POST";
  request.target = "/topics";
  request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return request;
}

}  // namespace

net::task<manager_verdict> topic_client::create(topic_wish wanted, net::deadline end,
                                                std::stop_token gone) const {
  auto answer = services_.managers.ask(creation(wanted), end.remaining_ms());
  co_return read_verdict(co_await answer.wait(end, std::move(gone)));
}

net::task<manager_verdict> topic_client::remove(std::string name, net::deadline end,
                                                std::stop_token gone) const {
  net::http_request request;
  request.method = "DELETE";
  request.target = "/topics/" + net::percent_encode(name);
  auto answer = services_.managers.ask(std::move(request), end.remaining_ms());
  co_return read_verdict(co_await answer.wait(end, std::move(gone)));
}

bool topic_client::is_served(const std::string& name) const {
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const topic_metadata* topic = metadata->find(name);
  return topic != nullptr && std::ranges::all_of(topic->partitions, [&](const partition_metadata& partition) {
           return services_.host.leaders().find({topic->topic_id, partition.partition}).has_value();
         });
}

net::task<bool> topic_client::wait_until_served(std::string name, net::deadline end,
                                                std::stop_token gone) const {
  while (!is_served(name)) {
    if (end.passed() || gone.stop_requested()) co_return false;
    co_await net::sleep_ms(poll_ms);
  }
  co_return true;
}

}  // namespace marquee::broker
