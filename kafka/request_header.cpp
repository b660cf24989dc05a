#include "kafka/request_header.h"

namespace marquee::kafka {

namespace {

wire_form response_header_form(api_key key, std::int16_t version) {
  const std::optional<api_support> api = find_api(static_cast<std::int16_t>(key));
  // A client that is too new for us must still find the error code: ApiVersions has no tagged fields in its
  // header.
  if (key == api_key::api_versions || !api || version < api->first_flexible_version)
    return wire_form::classic;
  return wire_form::flexible;
}

}  // namespace

result<api_support> request_header::check() const {
  const std::optional<api_support> api = find_api(key);
  if (!api) return fail(error_code::unsupported, "API key " + std::to_string(key) + " is not served");
  if (api->key != api_key::api_versions && (version < api->min_version || version > api->max_version))
    return fail(error_code::unsupported, "API key " + std::to_string(key) + " is served in versions " +
                                             std::to_string(api->min_version) + " to " +
                                             std::to_string(api->max_version) + ", not in " +
                                             std::to_string(version));
  return *api;
}

result<request_header> request_header::decode(wire_reader& in) {
  request_header header;
  in.set_form(wire_form::classic);
  in.value(header.key);
  in.value(header.version);
  in.value(header.correlation_id);
  if (in.failed()) return fail(error_code::corrupt, "the request is shorter than a request header");
  const std::optional<api_support> api = find_api(header.key);
  if (!api) return fail(error_code::unsupported, "API key " + std::to_string(header.key) + " is not served");
  in.set_form(header.version >= api->first_flexible_version ? wire_form::flexible : wire_form::classic);
  in.classic_text(header.client_id);
  in.end_struct();
  if (in.failed())
    return fail(error_code::corrupt, "the request header is cut short, or a length in it is wrong");
  return header;
}

void request_header::encode(wire_writer& out) const {
  const std::optional<api_support> api = find_api(key);
  const bool flexible = api && version >= api->first_flexible_version;
  out.set_form(flexible ? wire_form::flexible : wire_form::classic);
  out.value(key);
  out.value(version);
  out.value(correlation_id);
  out.classic_text(client_id);
  out.end_struct();
}

void encode_response_header(api_key key, std::int16_t version, std::int32_t correlation_id,
                            wire_writer& out) {
  out.set_form(response_header_form(key, version));
  out.value(correlation_id);
  out.end_struct();
}

result<std::int32_t> decode_response_header(api_key key, std::int16_t version, wire_reader& in) {
  in.set_form(response_header_form(key, version));
  std::int32_t correlation_id = 0;
  in.value(correlation_id);
  in.end_struct();
  if (in.failed()) return fail(error_code::corrupt, "the answer is shorter than its header");
  return correlation_id;
}

}  // namespace marquee::kafka
