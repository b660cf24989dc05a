#include "client/producer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "client/api_connection.h"
#include "client/message_codec.h"
#include "client/produce_batch.h"

namespace marquee::client {

using nlohmann::json;

outcome<producer> producer::register_at(const client_options& options, const std::string& topic) {
  api_connection connection(options);
  // A second registration only leaves an id unused, and the topic is made once.
  auto answer = connection.call("POST", "/producer/register", {{"topic", topic}}, repeatability::repeatable);
  if (!answer) return std::unexpected(answer.error());
  const json id = answer->value("producer_id", json());
  if (!id.is_string()) return std::unexpected(malformed_answer("register without producer_id"));
  return producer(options, topic, id.get<std::string>());
}

producer::producer(const client_options& options, std::string topic, std::string producer_id,
                   std::int64_t next_sequence)
    : connection_(std::make_unique<api_connection>(options)),
      topic_(std::move(topic)),
      producer_id_(std::move(producer_id)),
      next_sequence_(next_sequence) {}
producer::producer(producer&&) noexcept = default;
producer& producer::operator=(producer&&) noexcept = default;
producer::~producer() = default;

outcome<stored_message> producer::produce(const message& what) {
  return produce(what, next_sequence_++);
}

std::vector<outcome<stored_message>> producer::produce(std::span<const message> batch) {
  const std::int64_t first = next_sequence_;
  next_sequence_ += static_cast<std::int64_t>(batch.size());
  return produce_from(first, batch);
}

outcome<stored_message> producer::produce(const message& what, std::optional<std::int64_t> sequence) {
  json body = {{"topic", topic_}, {"producer_id", producer_id_}};
  put_message(body, what);
  if (sequence) body["sequence"] = *sequence;
  auto answer = connection_->call("POST", "/producer/produce", body,
                                  sequence ? repeatability::repeatable : repeatability::once);
  if (!answer) return std::unexpected(answer.error());
  return read_stored(*answer);
}

std::vector<outcome<stored_message>> producer::produce_from(std::int64_t first_sequence,
                                                            std::span<const message> batch) {
  return produce_batch(*connection_, {topic_, producer_id_}, first_sequence, batch);
}

std::int64_t producer::repeated_attempts() const {
  return connection_->repeated_attempts();
}

}  // namespace marquee::client
