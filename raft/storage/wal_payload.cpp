#include "raft/storage/wal_payload.h"

#include "base/byte_codec.h"

namespace marquee::raft {

namespace {

failure bad_payload(const char* what) {
  return fail(error_code::corrupt, std::string("payload of a ") + what + " record has the wrong size");
}

void put_hard_state(byte_writer& writer, const hard_state& hard) {
  writer.put<std::int64_t>(hard.term.value());
  writer.put<std::uint8_t>(hard.voted_for ? 1 : 0);
  const replica_id vote = hard.voted_for.value_or(replica_id{});
  writer.put<std::int32_t>(vote.broker.value());
  writer.put<std::int64_t>(vote.incarnation.value());
}

hard_state get_hard_state(byte_reader& reader) {
  hard_state hard;
  hard.term = term_number(reader.get<std::int64_t>());
  const bool voted = reader.get<std::uint8_t>() != 0;
  replica_id vote;
  vote.broker = broker_id(reader.get<std::int32_t>());
  vote.incarnation = incarnation_id(reader.get<std::int64_t>());
  if (voted) hard.voted_for = vote;
  return hard;
}

bool complete(const byte_reader& reader) {
  return !reader.failed() && reader.remaining() == 0;
}

}  // namespace

bytes encode_group_facts(const group_facts& facts) {
  bytes data;
  byte_writer writer(data);
  put_hard_state(writer, facts.hard);
  writer.put_sized(encode_configuration(facts.bootstrap));
  writer.put<std::int64_t>(facts.segments.base_index.value());
  writer.put<std::uint64_t>(facts.segments.file_bytes);
  writer.put<std::int64_t>(facts.segments.last_index.value());
  writer.put<std::int64_t>(facts.segments.last_term.value());
  writer.put<std::int64_t>(facts.segments.next_offset.value());
  writer.put<std::uint32_t>(facts.segments.rolling_checksum);
  writer.put<std::int64_t>(facts.log_start.offset.value());
  writer.put<std::int64_t>(facts.commit_mark.value());
  writer.put_sized(facts.damage);
  writer.put<std::int64_t>(facts.log_start.index.value());
  return data;
}

result<group_facts> decode_group_facts(bytes_view data) {
  byte_reader reader(data);
  group_facts facts;
  facts.hard = get_hard_state(reader);
  auto bootstrap = decode_configuration(reader.get_sized());
  if (reader.failed()) return bad_payload("group");
  if (!bootstrap) return fail(bootstrap);
  facts.bootstrap = std::move(*bootstrap);
  facts.segments.base_index = log_index(reader.get<std::int64_t>());
  facts.segments.file_bytes = reader.get<std::uint64_t>();
  facts.segments.last_index = log_index(reader.get<std::int64_t>());
  facts.segments.last_term = term_number(reader.get<std::int64_t>());
  facts.segments.next_offset = record_offset(reader.get<std::int64_t>());
  facts.segments.rolling_checksum = reader.get<std::uint32_t>();
  facts.log_start.offset = record_offset(reader.get<std::int64_t>());
  facts.commit_mark = log_index(reader.get<std::int64_t>());
  facts.damage = as_text(reader.get_sized());
  // Records that were written before retention existed end here.
  if (!complete(reader)) facts.log_start.index = log_index(reader.get<std::int64_t>());
  if (!complete(reader)) return bad_payload("group");
  return facts;
}

bytes encode_hard_state(const hard_state& hard) {
  bytes data;
  byte_writer writer(data);
  put_hard_state(writer, hard);
  return data;
}

result<hard_state> decode_hard_state(bytes_view data) {
  byte_reader reader(data);
  const hard_state hard = get_hard_state(reader);
  if (!complete(reader)) return bad_payload("hard state");
  return hard;
}

bytes encode_number(std::int64_t value) {
  bytes data;
  byte_writer(data).put<std::int64_t>(value);
  return data;
}

result<std::int64_t> decode_number(bytes_view data) {
  byte_reader reader(data);
  const auto value = reader.get<std::int64_t>();
  if (!complete(reader)) return bad_payload("numbered");
  return value;
}

bytes encode_entry_pointer(const entry_pointer& pointer) {
  bytes data;
  byte_writer writer(data);
  writer.put<std::int64_t>(pointer.base_index.value());
  writer.put<std::uint64_t>(pointer.file_position);
  writer.put<std::uint32_t>(pointer.encoded_bytes);
  writer.put<std::uint32_t>(pointer.entry_checksum);
  return data;
}

result<entry_pointer> decode_entry_pointer(bytes_view data) {
  byte_reader reader(data);
  entry_pointer pointer;
  pointer.base_index = log_index(reader.get<std::int64_t>());
  pointer.file_position = reader.get<std::uint64_t>();
  pointer.encoded_bytes = reader.get<std::uint32_t>();
  pointer.entry_checksum = reader.get<std::uint32_t>();
  if (!complete(reader)) return bad_payload("append pointer");
  return pointer;
}

bytes encode_session(const session_facts& facts) {
  bytes data;
  byte_writer writer(data);
  writer.put_sized(facts.kernel_boot_id);
  writer.put<std::uint8_t>(facts.writes_votes_twice ? 1 : 0);
  return data;
}

result<session_facts> decode_session(bytes_view data) {
  byte_reader reader(data);
  session_facts facts;
  facts.kernel_boot_id = as_text(reader.get_sized());
  facts.writes_votes_twice = reader.get<std::uint8_t>() == 1;
  if (!complete(reader)) return bad_payload("session");
  return facts;
}

bytes encode_relaxed_mark(const relaxed_mark& mark) {
  bytes data;
  byte_writer writer(data);
  writer.put<std::uint8_t>(static_cast<std::uint8_t>(mark.state));
  writer.put<std::uint64_t>(mark.losses);
  return data;
}

result<relaxed_mark> decode_relaxed_mark(bytes_view data) {
  byte_reader reader(data);
  relaxed_mark mark;
  const auto state = reader.get<std::uint8_t>();
  mark.losses = reader.get<std::uint64_t>();
  if (!complete(reader)) return bad_payload("relaxed mark");
  if (state > static_cast<std::uint8_t>(relaxed_state::in_doubt))
    return fail(error_code::unsupported, "relaxed mark of an unknown state: a newer release wrote it");
  mark.state = static_cast<relaxed_state>(state);
  return mark;
}

}  // namespace marquee::raft
