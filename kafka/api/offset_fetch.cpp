#include "kafka/api/offset_fetch.h"

#include "kafka/api/produce.h"
#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

void state(wire_writer& io, const marquee_ownership::state_kind& field) {
  io.value(static_cast<std::int8_t>(field));
}
void state(wire_reader& io, marquee_ownership::state_kind& field) {
  std::int8_t raw = 0;
  io.value(raw);
  field = static_cast<marquee_ownership::state_kind>(raw);
}

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.array(m.groups, [&](auto& group) {
    io.text(group.group_id);
    if (version >= 9) {
      io.text(group.member_id);
      io.value(group.member_epoch);
    }
    io.array(group.topics, [&](auto& topic) {
      io.text(topic.name);
      io.array(topic.partitions);
      io.end_struct();
    });
    io.end_struct();
  });
  io.value(m.require_stable);
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t) {
  io.value(m.throttle_ms);
  io.array(m.groups, [&](auto& group) {
    io.text(group.group_id);
    io.array(group.topics, [&](auto& topic) {
      io.text(topic.name);
      io.array(topic.partitions, [&](auto& partition) {
        io.value(partition.index);
        io.value(partition.offset);
        io.value(partition.leader_epoch);
        io.text(partition.metadata);
        io.value(partition.error);
        io.end_struct();
      });
      io.end_struct();
    });
    io.value(group.error);
    io.end_struct(tagged(marquee_tag, group.marquee, [](auto& in, auto& ownership) {
      in.value(ownership.epoch);
      in.text(ownership.owner);
      state(in, ownership.state);
      in.value(ownership.topic_id);
      in.end_struct();
    }));
  });
  io.end_struct();
};

}  // namespace

void offset_fetch_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<offset_fetch_response> offset_fetch_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<offset_fetch_response>("OffsetFetch response", version, in, describe_response);
}
void offset_fetch_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<offset_fetch_request> offset_fetch_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<offset_fetch_request>("OffsetFetch request", version, in, describe_request);
}

}  // namespace marquee::kafka
