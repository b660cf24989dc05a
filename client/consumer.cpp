#include "client/consumer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "client/api_connection.h"
#include "client/message_codec.h"

namespace marquee::client {

using nlohmann::json;

outcome<consumer> consumer::register_at(const client_options& options, const std::string& topic,
                                        start_position from) {
  api_connection connection(options);
  const json body = {{"topic", topic}, {"from", from == start_position::earliest ? "earliest" : "latest"}};
  auto answer = connection.call("POST", "/consumer/register", body, repeatability::repeatable);
  if (!answer) return std::unexpected(answer.error());
  const json id = answer->value("consumer_id", json());
  if (!id.is_string()) return std::unexpected(malformed_answer("register without consumer_id"));
  return consumer(options, topic, id.get<std::string>());
}

consumer::consumer(const client_options& options, std::string topic, std::string consumer_id)
    : connection_(std::make_unique<api_connection>(options)),
      topic_(std::move(topic)),
      consumer_id_(std::move(consumer_id)) {}
consumer::consumer(consumer&&) noexcept = default;
consumer::~consumer() = default;

outcome<consumed> consumer::consume(const consume_limits& limits) {
  const json body = {{"topic", topic_},
                     {"consumer_id", consumer_id_},
                     {"max", limits.max_messages},
                     {"max_bytes", limits.max_bytes},
                     {"wait_ms", limits.wait_ms},
                     {"poll", poll_}};
  auto answer =
      connection_->call("POST", "/consumer/consume", body, repeatability::repeatable, limits.wait_ms);
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

outcome<> consumer::remove() {
  auto answer = connection_->call("DELETE", "/consumer/" + percent_encode(consumer_id_), nullptr,
                                  repeatability::repeatable);
  if (!answer) return std::unexpected(answer.error());
  return {};
}

}  // namespace marquee::client
