#include "kafka/api/find_coordinator.h"

#include "kafka/message_codec.h"

namespace marquee::kafka {

namespace {

// Older versions have one item without a list around it. The reader makes it, the writer expects it to be
// there.
template <class T>
T& only_item(std::vector<T>& items) {
  return items.emplace_back();
}
template <class T>
const T& only_item(const std::vector<T>& items) {
  MARQUEE_ASSERT(items.size() == 1, "this version of FindCoordinator carries exactly one key");
  return items.front();
}

constexpr auto describe_request = [](auto& io, auto& m, std::int16_t version) {
  if (version < 4) io.text(only_item(m.keys));
  if (version >= 1) io.value(m.key_type);
  if (version >= 4) io.array(m.keys, [&](auto& key) { io.text(key); });
  io.end_struct();
};

constexpr auto describe_response = [](auto& io, auto& m, std::int16_t version) {
  if (version >= 1) io.value(m.throttle_ms);
  if (version < 4) {
    auto& only = only_item(m.coordinators);
    io.value(only.error);
    if (version >= 1) io.text(only.message);
    io.value(only.node_id);
    io.text(only.host);
    io.value(only.port);
  } else {
    io.array(m.coordinators, [&](auto& coordinator) {
      io.text(coordinator.key);
      io.value(coordinator.node_id);
      io.text(coordinator.host);
      io.value(coordinator.port);
      io.value(coordinator.error);
      io.text(coordinator.message);
      io.end_struct();
    });
  }
  io.end_struct();
};

}  // namespace

void find_coordinator_response::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_response);
}
result<find_coordinator_response> find_coordinator_response::decode(std::int16_t version, wire_reader& in) {
  return decode_message<find_coordinator_response>("FindCoordinator response", version, in,
                                                   describe_response);
}
void find_coordinator_request::encode(std::int16_t version, wire_writer& out) const {
  encode_message(version, out, *this, describe_request);
}
result<find_coordinator_request> find_coordinator_request::decode(std::int16_t version, wire_reader& in) {
  return decode_message<find_coordinator_request>("FindCoordinator request", version, in, describe_request);
}

}  // namespace marquee::kafka
