#include "kafka/api/offset_commit.h"

#include "kafka/api/produce.h"
#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

void command(wire_writer& io, const marquee_claim::command_kind& field) {
  io.value(static_cast<std::int8_t>(field));
}
void command(wire_reader& io, marquee_claim::command_kind& field) {
  std::int8_t raw = 0;
  io.value(raw);
  field = static_cast<marquee_claim::command_kind>(raw);
}

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t) {
  io.text(m.group_id);
  io.value(m.generation);
  io.text(m.member_id);
  io.text(m.instance_id);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.index);
      io.value(partition.offset);
      io.value(partition.leader_epoch);
      io.text(partition.metadata);
      io.end_struct();
    });
    io.end_struct();
  });
  io.end_struct(tagged(marquee_tag, m.marquee, [](auto& in, auto& claim) {
    in.text(claim.owner);
    in.value(claim.expected_epoch);
    command(in, claim.command);
    in.value(claim.topic_id);
    in.value(claim.partitions_seen);
    in.end_struct();
  }));
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t) {
  io.value(m.throttle_ms);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.index);
      io.value(partition.error);
      io.end_struct();
    });
    io.end_struct();
  });
  io.end_struct(tagged(marquee_tag, m.marquee, [](auto& in, auto& claim) {
    in.value(claim.epoch);
    in.text(claim.owner);
    in.value(claim.error);
    in.end_struct();
  }));
};

}  // namespace

void offset_commit_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<offset_commit_response> offset_commit_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<offset_commit_response>("OffsetCommit response", version, in, describe_response);
}
void offset_commit_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<offset_commit_request> offset_commit_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<offset_commit_request>("OffsetCommit request", version, in, describe_request);
}

}  // namespace marquee::kafka
