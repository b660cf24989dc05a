#include "client/administrator.h"

#include <nlohmann/json.hpp>

#include "client/api_connection.h"

namespace marquee::client {

namespace {

using nlohmann::json;

outcome<std::string> as_text(outcome<json> answer) {
  if (!answer) return std::unexpected(answer.error());
  return answer->dump(2);
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

outcome<std::string> administrator::delete_topic(const std::string& name) {
  return as_text(
      connection_->call("DELETE", "/topics/" + percent_encode(name), nullptr, repeatability::repeatable));
}

outcome<std::string> administrator::cluster() {
  return get("/cluster");
}

}  // namespace marquee::client
