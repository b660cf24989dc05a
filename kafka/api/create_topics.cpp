#include "kafka/api/create_topics.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t) {
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    io.value(topic.partitions);
    io.value(topic.replication_factor);
    io.array(topic.assignments, [&](auto& assignment) {
      io.value(assignment.partition);
      io.array(assignment.brokers);
      io.end_struct();
    });
    io.array(topic.configs, [&](auto& config) {
      io.text(config.name);
      io.text(config.value);
      io.end_struct();
    });
    io.end_struct();
  });
  io.value(m.timeout_ms);
  io.value(m.validate_only);
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.throttle_ms);
  io.array(m.topics, [&](auto& topic) {
    io.text(topic.name);
    if (version >= 7) io.value(topic.topic_id);
    io.value(topic.error);
    io.text(topic.message);
    if (version >= 5) {
      io.value(topic.partitions);
      io.value(topic.replication_factor);
      io.array(topic.configs, [&](auto& config) {
        io.text(config.name);
        io.text(config.value);
        io.value(config.read_only);
        io.value(config.source);
        io.value(config.sensitive);
        io.end_struct();
      });
    }
    io.end_struct(tagged(0, topic.config_error, [](auto& in, auto& error) { in.value(error); }));
  });
  io.end_struct();
};

}  // namespace

void create_topics_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<create_topics_response> create_topics_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<create_topics_response>("CreateTopics response", version, in, describe_response);
}
void create_topics_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<create_topics_request> create_topics_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<create_topics_request>("CreateTopics request", version, in, describe_request);
}

}  // namespace marquee::kafka
