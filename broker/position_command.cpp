#include "broker/position_command.h"

#include "base/byte_codec.h"
#include "kafka/record_batch_builder.h"
#include "kafka/record_cursor.h"

namespace marquee::broker {

namespace {
constexpr std::uint8_t format_version = 1;
}

bytes encode_position_command(const position_command& command) {
  bytes value;
  byte_writer out(value);
  out.put(format_version);
  out.put(static_cast<std::int8_t>(command.kind));
  out.put_sized(command.owner);
  out.put(command.expected_epoch);
  out.put_uuid(command.topic_id);
  out.put(command.partitions_seen);
  out.put_uvarint(command.positions.size());
  for (const auto& [partition, offset] : command.positions) {
    out.put(partition);
    out.put(offset);
  }
  return value;
}

result<position_command> decode_position_command(std::string_view consumer, bytes_view value) {
  byte_reader in(value);
  const auto version = in.get<std::uint8_t>();
  if (!in.failed() && version > format_version)
    return fail(error_code::unsupported, "a position command has format " + std::to_string(version) +
                                             ", this release reads up to " + std::to_string(format_version));
  position_command command;
  command.consumer = consumer;
  const auto kind = in.get<std::int8_t>();
  if (version == 0 || kind < 0 || kind > static_cast<std::int8_t>(position_command_kind::register_consumer))
    in.fail();
  command.kind = static_cast<position_command_kind>(kind);
  command.owner = as_text(in.get_sized());
  command.expected_epoch = in.get<std::int32_t>();
  command.topic_id = in.get_uuid();
  command.partitions_seen = in.get<std::int32_t>();
  for (std::uint64_t left = in.get_uvarint(); left > 0 && !in.failed(); --left) {
    const auto partition = in.get<std::int32_t>();
    command.positions[partition] = in.get<std::int64_t>();
  }
  if (in.failed() || in.remaining() != 0)
    return fail(error_code::corrupt, "a position command cannot be read");
  return command;
}

bytes build_command_batch(const std::vector<position_command>& commands, std::int64_t time_ms) {
  kafka::record_batch_builder builder;
  for (const position_command& command : commands) {
    const bytes value = encode_position_command(command);
    builder.add({.timestamp_ms = time_ms, .key = as_bytes(command.consumer), .value = value, .headers = {}});
  }
  return builder.finish();
}

result<std::vector<position_command>> read_command_batch(bytes_view batch) {
  if (batch.size() < kafka::batch_layout::header_size)
    return fail(error_code::corrupt, "a batch of position commands is cut short");
  std::vector<position_command> commands;
  kafka::record_cursor cursor(batch);
  kafka::record_view record;
  while (cursor.next(record)) {
    auto command = decode_position_command(as_text(record.key.value_or(bytes_view{})),
                                           record.value.value_or(bytes_view{}));
    if (!command) return fail(command);
    commands.push_back(std::move(*command));
  }
  if (cursor.failed()) return fail(error_code::corrupt, "a batch of position commands cannot be read");
  return commands;
}

}  // namespace marquee::broker
