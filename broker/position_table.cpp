#include "broker/position_table.h"

namespace marquee::broker {

namespace {

using kafka::kafka_error;

[[nodiscard]] position_result standing(const consumer_state& consumer,
                                       kafka_error error = kafka_error::none) {
  return {error, consumer.epoch, consumer.owner};
}

}  // namespace

position_result position_table::apply(const position_command& command) {
  if (command.kind == position_command_kind::register_consumer) return register_consumer(command);
  if (command.kind == position_command_kind::delete_consumer) return remove(command);
  const auto found = consumers_.find(command.consumer);
  if (found == consumers_.end()) return {kafka_error::unknown_member_id, 0, {}};
  return command.kind == position_command_kind::claim ? claim(found->second, command)
                                                      : commit(found->second, command);
}

position_result position_table::register_consumer(const position_command& command) {
  if (was_deleted(command.consumer)) return {kafka_error::unknown_member_id, 0, {}};
  const auto [place, added] = consumers_.try_emplace(command.consumer);
  consumer_state& consumer = place->second;
  if (!added)
    return standing(consumer, consumer.topic_id == command.topic_id ? kafka_error::none
                                                                    : kafka_error::inconsistent_topic_id);
  consumer.topic_id = command.topic_id;
  consumer.partitions_seen = command.partitions_seen;
  consumer.positions = command.positions;
  return standing(consumer);
}

position_result position_table::claim(consumer_state& consumer, const position_command& command) {
  const bool done_before = consumer.epoch == command.expected_epoch + 1 && !command.owner.empty() &&
                           consumer.owner == command.owner;
  if (done_before) return standing(consumer);
  if (consumer.epoch != command.expected_epoch) return standing(consumer, kafka_error::illegal_generation);
  ++consumer.epoch;
  consumer.owner = command.owner;
  return standing(consumer);
}

position_result position_table::commit(consumer_state& consumer, const position_command& command) {
  if (consumer.epoch != command.expected_epoch) return standing(consumer, kafka_error::illegal_generation);
  for (const auto& [partition, offset] : command.positions) consumer.positions[partition] = offset;
  consumer.partitions_seen = std::max(consumer.partitions_seen, command.partitions_seen);
  return standing(consumer);
}

position_result position_table::remove(const position_command& command) {
  const auto found = consumers_.find(command.consumer);
  if (found == consumers_.end())
    return {was_deleted(command.consumer) ? kafka_error::none : kafka_error::unknown_member_id, 0, {}};
  const position_result last = standing(found->second);
  consumers_.erase(found);
  remember_deleted(command.consumer);
  return last;
}

void position_table::remember_deleted(const std::string& consumer) {
  deleted_[consumer] = deleted_by_age_.insert(deleted_by_age_.end(), consumer);
  if (deleted_.size() <= deleted_most) return;
  deleted_.erase(deleted_by_age_.front());
  deleted_by_age_.pop_front();
}

const consumer_state* position_table::find(const std::string& consumer) const {
  const auto found = consumers_.find(consumer);
  return found == consumers_.end() ? nullptr : &found->second;
}

void position_table::encode(byte_writer& out) const {
  out.put_uvarint(consumers_.size());
  for (const auto& [name, consumer] : consumers_) {
    out.put_sized(name);
    out.put_uuid(consumer.topic_id);
    out.put(consumer.epoch);
    out.put_sized(consumer.owner);
    out.put(consumer.partitions_seen);
    out.put_uvarint(consumer.positions.size());
    for (const auto& [partition, offset] : consumer.positions) {
      out.put(partition);
      out.put(offset);
    }
  }
  out.put_uvarint(deleted_by_age_.size());
  for (const std::string& name : deleted_by_age_) out.put_sized(name);
}

result<> position_table::decode(byte_reader& in) {
  consumers_.clear();
  deleted_.clear();
  deleted_by_age_.clear();
  for (std::uint64_t left = in.get_uvarint(); left > 0 && !in.failed(); --left) {
    const std::string name(as_text(in.get_sized()));
    consumer_state& consumer = consumers_[name];
    consumer.topic_id = in.get_uuid();
    consumer.epoch = in.get<std::int32_t>();
    consumer.owner = as_text(in.get_sized());
    consumer.partitions_seen = in.get<std::int32_t>();
    for (std::uint64_t positions = in.get_uvarint(); positions > 0 && !in.failed(); --positions) {
      const auto partition = in.get<std::int32_t>();
      consumer.positions[partition] = in.get<std::int64_t>();
    }
  }
  for (std::uint64_t left = in.get_uvarint(); left > 0 && !in.failed(); --left) {
    const std::string name(as_text(in.get_sized()));
    if (!in.failed() && !deleted_.contains(name)) remember_deleted(name);
  }
  if (in.failed()) return fail(error_code::corrupt, "the table of consumer positions cannot be read");
  return {};
}

}  // namespace marquee::broker
