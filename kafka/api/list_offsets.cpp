#include "kafka/api/list_offsets.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.replica_id);
  if (version >= 2) io.value(m.isolation_level);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.index);
      if (version >= 4) io.value(partition.current_leader_epoch);
      io.value(partition.timestamp);
      io.end_struct();
    });
    io.end_struct();
  });
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  if (version >= 2) io.value(m.throttle_ms);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.index);
      io.value(partition.error);
      io.value(partition.timestamp);
      io.value(partition.offset);
      if (version >= 4) io.value(partition.leader_epoch);
      io.end_struct();
    });
    io.end_struct();
  });
  io.end_struct();
};

}  // namespace

void list_offsets_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<list_offsets_response> list_offsets_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<list_offsets_response>("ListOffsets response", version, in, describe_response);
}
void list_offsets_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<list_offsets_request> list_offsets_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<list_offsets_request>("ListOffsets request", version, in, describe_request);
}

}  // namespace marquee::kafka
