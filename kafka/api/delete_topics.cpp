#include "kafka/api/delete_topics.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name, version >= 6 ? nulls::allowed : nulls::refused);
    if (version < 6) return;  // a plain list of names
    io.value(topic.topic_id);
    io.end_struct();
  });
  io.value(m.timeout_ms);
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.throttle_ms);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name, version >= 6 ? nulls::allowed : nulls::refused);
    if (version >= 6) io.value(topic.topic_id);
    io.value(topic.error);
    if (version >= 5) io.text(topic.message);
    io.end_struct();
  });
  io.end_struct();
};

}  // namespace

void delete_topics_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<delete_topics_response> delete_topics_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<delete_topics_response>("DeleteTopics response", version, in, describe_response);
}
void delete_topics_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<delete_topics_request> delete_topics_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<delete_topics_request>("DeleteTopics request", version, in, describe_request);
}

}  // namespace marquee::kafka
