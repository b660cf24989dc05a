#include "kafka/api/describe_cluster.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.include_authorized_operations);
  if (version >= 1) io.value(m.endpoint_type);
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.throttle_ms);
  io.value(m.error);
  io.text(m.message);
  if (version >= 1) io.value(m.endpoint_type);
  io.text(m.cluster_id);
  io.value(m.controller_id);
  io.array(m.brokers, [&](auto& broker) {
    io.value(broker.id);
    io.text(broker.host);
    io.value(broker.port);
    io.text(broker.rack);
    io.end_struct();
  });
  io.value(m.authorized_operations);
  io.end_struct();
};

}  // namespace

void describe_cluster_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<describe_cluster_response> describe_cluster_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<describe_cluster_response>("DescribeCluster response", version, in,
                                                   describe_response);
}
void describe_cluster_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<describe_cluster_request> describe_cluster_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<describe_cluster_request>("DescribeCluster request", version, in, describe_request);
}

}  // namespace marquee::kafka
