#include "client/consumer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "client/api_connection.h"
#include "client/message_codec.h"

namespace marquee::client {

using nlohmann::json;

namespace {

const char* name_of(start_position position) {
  return position == start_position::earliest ? "earliest" : "latest";
}

json to_json(std::span<const partition_position> positions) {
  json list = json::array();
  for (const auto& one : positions) list.push_back({{"partition", one.partition}, {"offset", one.offset}});
  return list;
}

outcome<> without_value(outcome<json> answer) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

}  // namespace

outcome<consumer> consumer::register_at(const client_options& options, const std::string& topic,
                                        start_position from, const std::optional<std::string>& group) {
  api_connection connection(options);
  json body = {{"topic", topic}, {"from", name_of(from)}};
  if (group) body["group"] = *group;
  auto answer = connection.call("POST", "/consumer/register", body, repeatability::repeatable);
  if (!answer) return std::unexpected(answer.error());
  const json id = answer->value("consumer_id", json());
  if (!id.is_string()) return std::unexpected(malformed_answer("register without consumer_id"));
  return consumer(options, topic, id.get<std::string>(), 0);
}

consumer::consumer(const client_options& options, std::string topic, std::string consumer_id)
    : consumer(options, std::move(topic), std::move(consumer_id), system_clock().wall_ms()) {}
consumer::consumer(const client_options& options, std::string topic, std::string consumer_id,
                   std::int64_t first_poll)
    : connection_(std::make_unique<api_connection>(options)),
      topic_(std::move(topic)),
      consumer_id_(std::move(consumer_id)),
      poll_(first_poll) {}
consumer::consumer(consumer&&) noexcept = default;
consumer& consumer::operator=(consumer&&) noexcept = default;
consumer::~consumer() = default;

outcome<consumed> consumer::consume(const consume_limits& limits) {
  json body = {{"topic", topic_},
               {"consumer_id", consumer_id_},
               {"max", limits.max_messages},
               {"max_bytes", limits.max_bytes},
               {"wait_ms", limits.wait_ms},
               {"poll", poll_}};
  if (limits.commit == commit_mode::manual) body["commit"] = "manual";
  auto answer = connection_->call("POST", "/consumer/consume", body, repeatability::repeatable,
                                  {.extra_wait_ms = limits.wait_ms});
  if (!answer) return std::unexpected(answer.error());
  const auto messages = answer->find("messages");
  if (messages == answer->end() || !messages->is_array())
    return std::unexpected(malformed_answer("consume without messages"));
  consumed got;
  for (const json& item : *messages) {
    auto message = read_received(item);
    if (!message) return std::unexpected(message.error());
    got.messages.push_back(std::move(*message));
  }
  const json skipped = answer->value("skipped", json(0));
  got.skipped = skipped.is_number_integer() ? skipped.get<std::int64_t>() : 0;
  // Only now: a call that failed is asked for again with its own number.
  ++poll_;
  return got;
}

outcome<std::int64_t> consumer::size() {
  const std::string target =
      "/size?topic=" + percent_encode(topic_) + "&consumer_id=" + percent_encode(consumer_id_);
  auto answer = connection_->call("GET", target, nullptr, repeatability::repeatable);
  if (!answer) return std::unexpected(answer.error());
  const json size = answer->value("size", json());
  if (!size.is_number_integer()) return std::unexpected(malformed_answer("size without a number"));
  return size.get<std::int64_t>();
}

outcome<std::optional<received_message>> consumer::next(const consume_limits& limits) {
  if (buffered_.empty()) {
    auto got = consume(limits);
    if (!got) return std::unexpected(got.error());
    for (auto& one : got->messages) buffered_.push_back(std::move(one));
  }
  if (buffered_.empty()) return std::nullopt;
  std::optional<received_message> first = std::move(buffered_.front());
  buffered_.pop_front();
  return first;
}

outcome<> consumer::commit(std::span<const partition_position> positions) {
  const json body = {{"consumer_id", consumer_id_}, {"positions", to_json(positions)}};
  return without_value(connection_->call("POST", "/consumer/commit", body, repeatability::repeatable));
}

outcome<> consumer::seek(start_position to) {
  buffered_.clear();
  const json body = {{"consumer_id", consumer_id_}, {"to", name_of(to)}};
  return without_value(connection_->call("POST", "/consumer/seek", body, repeatability::repeatable));
}

outcome<> consumer::seek_to_timestamp(std::int64_t timestamp_ms) {
  buffered_.clear();
  const json body = {{"consumer_id", consumer_id_}, {"timestamp", timestamp_ms}};
  return without_value(connection_->call("POST", "/consumer/seek", body, repeatability::repeatable));
}

outcome<> consumer::seek(std::span<const partition_position> positions) {
  buffered_.clear();
  const json body = {{"consumer_id", consumer_id_}, {"positions", to_json(positions)}};
  return without_value(connection_->call("POST", "/consumer/seek", body, repeatability::repeatable));
}

outcome<std::string> consumer::describe() {
  const auto answer = connection_->call("GET", "/consumer/" + percent_encode(consumer_id_), nullptr,
                                        repeatability::repeatable);
  if (!answer) return std::unexpected(answer.error());
  return answer->dump(2, ' ', false, json::error_handler_t::replace);
}

outcome<std::vector<partition_position>> consumer::positions() {
  const auto text = describe();
  if (!text) return std::unexpected(text.error());
  const json answer = json::parse(*text);
  std::vector<partition_position> found;
  const json described = answer.value("consumer", json::object());
  const json list = described.is_object() ? described.value("positions", json()) : json();
  if (!list.is_array()) return std::unexpected(malformed_answer("a consumer without positions"));
  const auto number = [](const json& item, const char* name) {
    const json value = item.is_object() ? item.value(name, json()) : json();
    return value.is_number_integer() ? value.get<std::int64_t>() : -1;
  };
  for (const json& item : list)
    found.push_back({.partition = static_cast<std::int32_t>(number(item, "partition")),
                     .offset = number(item, "offset"),
                     .lag = number(item, "lag")});
  return found;
}

std::int64_t consumer::repeated_attempts() const {
  return connection_->repeated_attempts();
}

outcome<> consumer::remove() {
  auto answer = connection_->call("DELETE", "/consumer/" + percent_encode(consumer_id_), nullptr,
                                  repeatability::repeatable);
  if (!answer) return std::unexpected(answer.error());
  return {};
}

}  // namespace marquee::client
