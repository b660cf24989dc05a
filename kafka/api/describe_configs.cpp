#include "kafka/api/describe_configs.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

/// An enum of one byte; a number that has no name passes as it is.
template <class Enum>
void small_enum(wire_writer& io, const Enum& field) {
  io.value(static_cast<std::int8_t>(field));
}
template <class Enum>
void small_enum(wire_reader& io, Enum& field) {
  std::int8_t raw = 0;
  io.value(raw);
  field = static_cast<Enum>(raw);
}

constexpr auto describe_config = [](auto& io, auto& config, std::int16_t version) {
  io.text(config.name);
  io.text(config.value);
  io.value(config.read_only);
  small_enum(io, config.source);
  io.value(config.sensitive);
  io.array(config.synonyms, [&](auto& synonym) {
    io.text(synonym.name);
    io.text(synonym.value);
    small_enum(io, synonym.source);
    io.end_struct();
  });
  if (version >= 3) {
    small_enum(io, config.type);
    io.text(config.documentation);
  }
  io.end_struct();
};

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  io.array(m.resources, [&](auto& resource) {
    small_enum(io, resource.type);
    io.text(resource.name);
    io.array(resource.keys, [&](auto& key) { io.text(key); });
    io.end_struct();
  });
  io.value(m.include_synonyms);
  if (version >= 3) io.value(m.include_documentation);
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.throttle_ms);
  io.array(m.results, [&](auto& one) {
    io.value(one.error);
    io.text(one.message);
    small_enum(io, one.type);
    io.text(one.name);
    io.array(one.configs, [&](auto& config) { describe_config(io, config, version); });
    io.end_struct();
  });
  io.end_struct();
};

}  // namespace

void describe_configs_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<describe_configs_response> describe_configs_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<describe_configs_response>("DescribeConfigs response", version, in,
                                                   describe_response);
}
void describe_configs_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<describe_configs_request> describe_configs_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<describe_configs_request>("DescribeConfigs request", version, in, describe_request);
}

}  // namespace marquee::kafka
