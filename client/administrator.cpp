#include "client/administrator.h"

#include <nlohmann/json.hpp>

#include "client/api_connection.h"

namespace marquee::client {

namespace {

using nlohmann::json;

outcome<std::string> as_text(outcome<json> answer) {
  if (!answer) return std::unexpected(answer.error());
  return answer->dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace

administrator::administrator(const client_options& options)
    : connection_(std::make_unique<api_connection>(options)) {}
administrator::administrator(administrator&&) noexcept = default;
administrator::~administrator() = default;

outcome<std::string> administrator::get(const std::string& target) {
  return as_text(connection_->call("GET", target, nullptr, repeatability::repeatable));
}

outcome<std::string> administrator::create_topic(const topic_request& request) {
  json body = {{"name", request.name}, {"partitions", request.partitions}};
  if (request.replication_factor) body["replication_factor"] = *request.replication_factor;
  if (!request.config.empty()) body["config"] = request.config;
  return as_text(connection_->call("POST", "/topics", body, repeatability::once));
}

outcome<std::string> administrator::list_topics() {
  return get("/topics");
}

outcome<std::string> administrator::describe_topic(const std::string& name) {
  return get("/topics/" + percent_encode(name));
}

outcome<std::string> administrator::alter_topic(const std::string& name,
                                                const std::map<std::string, std::string>& config) {
  return as_text(connection_->call("PATCH", "/topics/" + percent_encode(name), {{"config", config}},
                                   repeatability::repeatable));
}

outcome<std::string> administrator::set_partitions(const std::string& name, std::int32_t count) {
  return as_text(connection_->call("POST", "/topics/" + percent_encode(name) + "/partitions",
                                   {{"count", count}}, repeatability::repeatable));
}

outcome<std::string> administrator::remove(const std::string& target, const std::string& gone_code) {
  const std::int64_t repeated_before = connection_->repeated_attempts();
  auto answer = connection_->call("DELETE", target, nullptr, repeatability::repeatable);
  const bool was_repeated = connection_->repeated_attempts() > repeated_before;
  if (!answer && was_repeated && answer.error().code == gone_code &&
      answer.error().outcome == request_outcome::unknown)
    return as_text(json({{"status", "success"}, {"already", true}}));
  return as_text(std::move(answer));
}

outcome<std::string> administrator::delete_topic(const std::string& name) {
  return remove("/topics/" + percent_encode(name), "TOPIC_NOT_FOUND");
}

outcome<std::string> administrator::remove_broker(std::int64_t broker_id) {
  return remove("/broker/" + std::to_string(broker_id), "BROKER_NOT_FOUND");
}

outcome<std::string> administrator::brokers() {
  return get("/brokers");
}

outcome<std::string> administrator::delete_producer(const std::string& producer_id) {
  return as_text(connection_->call("DELETE", "/producer/" + percent_encode(producer_id), nullptr,
                                   repeatability::repeatable));
}

outcome<std::string> administrator::cluster() {
  return get("/cluster");
}

}  // namespace marquee::client
