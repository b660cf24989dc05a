#include "kafka/api/api_versions.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  if (version >= 3) {
    io.text(m.client_software_name);
    io.text(m.client_software_version);
  }
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  io.value(m.error);
  io.array(m.apis, [&](auto& api) {
    io.value(api.key);
    io.value(api.min);
    io.value(api.max);
    io.end_struct();
  });
  if (version >= 1) io.value(m.throttle_ms);
  io.end_struct(tagged(0, m.supported_features,
                       [](auto& in, auto& features) {
                         in.array(features, [&](auto& feature) {
                           in.text(feature.name);
                           in.value(feature.min);
                           in.value(feature.max);
                           in.end_struct();
                         });
                       }),
                tagged(1, m.finalized_features_epoch, [](auto& in, auto& epoch) { in.value(epoch); }),
                tagged(2, m.finalized_features,
                       [](auto& in, auto& features) {
                         in.array(features, [&](auto& feature) {
                           in.text(feature.name);
                           in.value(feature.max);
                           in.value(feature.min);
                           in.end_struct();
                         });
                       }),
                tagged(3, m.zk_migration_ready, [](auto& in, auto& ready) { in.value(ready); }));
};

}  // namespace

std::int16_t api_versions_response::answer_version(std::int16_t asked_version) {
  return asked_version < min_version || asked_version > max_version ? std::int16_t{0} : asked_version;
}

api_versions_response api_versions_response::for_version(std::int16_t asked_version) {
  api_versions_response answer;
  if (asked_version != answer_version(asked_version)) {
    answer.error = kafka_error::unsupported_version;
    answer.apis.push_back({static_cast<std::int16_t>(key), min_version, max_version});
    return answer;
  }
  for (const api_support& api : supported_apis())
    if (api.advertised_min_version >= 0)
      answer.apis.push_back(
          {static_cast<std::int16_t>(api.key), api.advertised_min_version, api.max_version});
  return answer;
}

void api_versions_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<api_versions_response> api_versions_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<api_versions_response>("ApiVersions response", version, in, describe_response);
}
void api_versions_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<api_versions_request> api_versions_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<api_versions_request>("ApiVersions request", version, in, describe_request);
}

}  // namespace marquee::kafka
