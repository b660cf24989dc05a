#include "kafka/api/metadata.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.array(
      m.topics,
      [&](auto& topic) {
        if (version >= 10) io.value(topic.topic_id);
        io.text(topic.name, version >= 10 ? nulls::allowed : nulls::refused);
        io.end_struct();
      },
      version >= 1 ? nulls::allowed : nulls::refused);
  if (version >= 4) io.value(m.allow_auto_topic_creation);
  if (version >= 8 && version <= 10) io.value(m.include_cluster_authorized_operations);
  if (version >= 8) io.value(m.include_topic_authorized_operations);
  io.end_struct();
};

constexpr auto describe_partition = [](auto& io, auto& partition, std::int16_t version) {
  io.value(partition.error);
  io.value(partition.index);
  io.value(partition.leader_id);
  if (version >= 7) io.value(partition.leader_epoch);
  io.array(partition.replicas);
  io.array(partition.in_sync);
  if (version >= 5) io.array(partition.offline);
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  if (version >= 3) io.value(m.throttle_ms);
  io.array(m.brokers, [&](auto& broker) {
    io.value(broker.node_id);
    io.text(broker.host);
    io.value(broker.port);
    if (version >= 1) io.text(broker.rack);
    io.end_struct();
  });
  if (version >= 2) io.text(m.cluster_id);
  if (version >= 1) io.value(m.controller_id);
  io.array(m.topics, [&](auto& topic) {
    io.value(topic.error);
    io.text(topic.name, version >= 12 ? nulls::allowed : nulls::refused);
    if (version >= 10) io.value(topic.topic_id);
    if (version >= 1) io.value(topic.is_internal);
    io.array(topic.partitions, [&](auto& partition) { describe_partition(io, partition, version); });
    if (version >= 8) io.value(topic.authorized_operations);
    io.end_struct();
  });
  if (version >= 8 && version <= 10) io.value(m.cluster_authorized_operations);
  io.end_struct();
};

}  // namespace

void metadata_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<metadata_response> metadata_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<metadata_response>("Metadata response", version, in, describe_response);
}
void metadata_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<metadata_request> metadata_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<metadata_request>("Metadata request", version, in, describe_request);
}

}  // namespace marquee::kafka
