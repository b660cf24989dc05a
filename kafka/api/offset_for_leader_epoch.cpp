#include "kafka/api/offset_for_leader_epoch.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  if (version >= 3) io.value(m.replica_id);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.index);
      io.value(partition.current_leader_epoch);
      io.value(partition.leader_epoch);
      io.end_struct();
    });
    io.end_struct();
  });
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t) {
  io.value(m.throttle_ms);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.array(topic.partitions, [&](auto& partition) {
      io.value(partition.error);
      io.value(partition.index);
      io.value(partition.leader_epoch);
      io.value(partition.end_offset);
      io.end_struct();
    });
    io.end_struct();
  });
  io.end_struct();
};

}  // namespace

void offset_for_leader_epoch_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<offset_for_leader_epoch_response> offset_for_leader_epoch_response::decode(std::int16_t version,
                                                                                  wire_reader& in) {
  return decode_message<offset_for_leader_epoch_response>("OffsetForLeaderEpoch response", version, in,
                                                          describe_response);
}
void offset_for_leader_epoch_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<offset_for_leader_epoch_request> offset_for_leader_epoch_request::decode(std::int16_t version,
                                                                                wire_reader& in) {
  return decode_message<offset_for_leader_epoch_request>("OffsetForLeaderEpoch request", version, in,
                                                         describe_request);
}

}  // namespace marquee::kafka
