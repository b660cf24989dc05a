#include "kafka/api/init_producer_id.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.text(m.transactional_id);
  io.value(m.transaction_timeout_ms);
  if (version >= 3) {
    io.value(m.producer_id);
    io.value(m.producer_epoch);
  }
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t) {
  io.value(m.throttle_ms);
  io.value(m.error);
  io.value(m.producer_id);
  io.value(m.producer_epoch);
  io.end_struct();
};

}  // namespace

void init_producer_id_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<init_producer_id_response> init_producer_id_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<init_producer_id_response>("InitProducerId response", version, in, describe_response);
}
void init_producer_id_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<init_producer_id_request> init_producer_id_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<init_producer_id_request>("InitProducerId request", version, in, describe_request);
}

}  // namespace marquee::kafka
