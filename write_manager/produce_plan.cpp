#include "write_manager/produce_plan.h"

#include <charconv>

#include "kafka/partitioner.h"
#include "kafka/record_batch_builder.h"
#include "write_manager/message_hash.h"

namespace marquee::write_manager {

namespace {

constexpr std::int64_t default_max_message_bytes = 1'048'588;

std::int64_t max_message_bytes(const db::topic_row& topic) {
  const auto found = topic.config.find("max.message.bytes");
  std::int64_t value = default_max_message_bytes;
  if (found != topic.config.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

message_problem refused(int status, std::string code, std::string text) {
  return {.status = status, .code = std::move(code), .text = std::move(text)};
}

std::optional<message_problem> check(const produce_message& message, const db::topic_row& topic,
                                     const message_limits& limits) {
  if (const std::int64_t most = largest_value_bytes(topic);
      message.value && static_cast<std::int64_t>(message.value->size()) > most)
    return refused(413, "MESSAGE_TOO_LARGE",
                   "the message has " + std::to_string(message.value->size()) + " bytes, topic '" +
                       topic.name + "' takes at most " + std::to_string(most));
  if (message.key && static_cast<std::int64_t>(message.key->size()) > limits.key_bytes)
    return refused(422, "KEY_TOO_LARGE", "a key has at most " + std::to_string(limits.key_bytes) + " bytes");
  if (static_cast<std::int64_t>(message.headers.size()) > limits.headers_most)
    return refused(422, "TOO_MANY_HEADERS",
                   "a message has at most " + std::to_string(limits.headers_most) + " headers");
  for (const auto& [name, value] : message.headers)
    if (static_cast<std::int64_t>(name.size()) > limits.header_bytes ||
        (value && static_cast<std::int64_t>(value->size()) > limits.header_bytes))
      return refused(
          422, "HEADER_TOO_LARGE",
          "a header's name and value have at most " + std::to_string(limits.header_bytes) + " bytes each");
  if (message.partition &&
      (*message.partition < 0 || *message.partition >= static_cast<std::int32_t>(topic.partitions.size())))
    return refused(422, "INVALID_PARTITION",
                   "topic '" + topic.name + "' has no partition " + std::to_string(*message.partition) +
                       ", only 0 to " + std::to_string(topic.partitions.size() - 1));
  return std::nullopt;
}

kafka::record_input record_of(const produce_message& message, std::int64_t now_ms) {
  kafka::record_input record;
  record.timestamp_ms = message.timestamp_ms.value_or(now_ms);
  if (message.key) record.key = as_bytes(*message.key);
  if (message.value) record.value = as_bytes(*message.value);
  for (const auto& [name, value] : message.headers)
    record.headers.emplace_back(name, value ? std::optional(as_bytes(*value)) : std::nullopt);
  return record;
}

std::int64_t size_of(const produce_message& message) {
  constexpr std::size_t overhead_most = 48;  // lengths and deltas of a record
  std::size_t size =
      overhead_most + (message.key ? message.key->size() : 0) + (message.value ? message.value->size() : 0);
  for (const auto& [name, value] : message.headers) size += 10 + name.size() + (value ? value->size() : 0);
  return static_cast<std::int64_t>(size);
}

/// Makes one batch; keeps the hash of the run that is growing.
class batch_maker {
 public:
  explicit batch_maker(std::int64_t producer_id) { batch_.identity.producer_id = producer_id; }

  void add(std::size_t place, const produce_message& message, std::int64_t sequence, std::int64_t now_ms) {
    auto& runs = batch_.identity.runs;
    if (runs.empty() || runs.back().sequence + runs.back().count != sequence) {
      runs.push_back({sequence, 0, 0});
      hash_ = run_hash();
    }
    hash_.add(hash_of(message));
    ++runs.back().count;
    runs.back().hash = hash_.value();
    builder_.add(record_of(message, now_ms));
    batch_.messages.push_back(place);
  }
  [[nodiscard]] bool empty() const { return batch_.messages.empty(); }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(builder_.size()); }
  [[nodiscard]] planned_batch finish() {
    batch_.records = shared_bytes::of(builder_.finish());
    return std::move(batch_);
  }

 private:
  planned_batch batch_;
  kafka::record_batch_builder builder_;
  run_hash hash_;
};

partition_id choose_partition(const produce_message& message, std::size_t place,
                              const plan_identity& identity, std::int32_t count) {
  if (message.partition) return partition_id(*message.partition);
  if (message.key) return kafka::partition_of_key(as_bytes(*message.key), count);
  const std::uint64_t turn =
      identity.sequence ? static_cast<std::uint64_t>(*identity.sequence) + place : identity.next_turn();
  return partition_of_turn(identity.producer_id, turn, count);
}

}  // namespace

partition_id partition_of_turn(std::int64_t producer_id, std::uint64_t turn, std::int32_t partition_count) {
  // Producers begin at different partitions, or a thousand producers of one message each would all choose the
  // first.
  const std::uint64_t start = (static_cast<std::uint64_t>(producer_id) * 0x9e3779b97f4a7c15ULL) >> 33;
  return partition_id(
      static_cast<std::int32_t>((start + turn) % static_cast<std::uint64_t>(partition_count)));
}

std::int64_t largest_value_bytes(const db::topic_row& topic) {
  return max_message_bytes(topic) - 12;
}

produce_plan make_produce_plan(const produce_request& request, const db::topic_row& topic,
                               const plan_identity& identity, const message_limits& limits,
                               std::int64_t now_ms) {
  produce_plan plan;
  plan.problems.resize(request.messages.size());
  const auto count = static_cast<std::int32_t>(topic.partitions.size());
  std::map<partition_id, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    plan.problems[i] = check(request.messages[i], topic, limits);
    if (!plan.problems[i]) places[choose_partition(request.messages[i], i, identity, count)].push_back(i);
  }
  const std::int64_t batch_bytes = max_message_bytes(topic);
  for (const auto& [partition, messages] : places) {
    planned_partition& planned = plan.partitions.emplace_back(partition);
    std::int64_t own = identity.sequence
                           ? 0
                           : identity.take_sequences(partition, static_cast<std::int32_t>(messages.size()));
    std::optional<batch_maker> maker;
    for (const std::size_t place : messages) {
      const produce_message& message = request.messages[place];
      if (maker && maker->size() + size_of(message) > batch_bytes) {
        planned.batches.push_back(maker->finish());
        maker.reset();
      }
      if (!maker) maker.emplace(identity.producer_id);
      maker->add(place, message,
                 identity.sequence ? *identity.sequence + static_cast<std::int64_t>(place) : own++, now_ms);
    }
    if (maker) planned.batches.push_back(maker->finish());
  }
  return plan;
}

}  // namespace marquee::write_manager
