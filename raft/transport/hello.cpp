#include "raft/transport/hello.h"

#include <algorithm>

#include "base/byte_codec.h"

namespace marquee::raft {

namespace {
constexpr std::uint32_t introduction_magic = 0x4d514831;  // "MQH1"
constexpr std::uint32_t verdict_magic = 0x4d515631;       // "MQV1"

template <std::size_t N>
void get_array(byte_reader& in, std::array<std::uint8_t, N>& target) {
  const bytes_view raw = in.get_bytes(N);
  if (!in.failed()) std::copy(raw.begin(), raw.end(), target.begin());
}
}  // namespace

std::string_view to_string(hello_verdict verdict) {
  switch (verdict) {
    case hello_verdict::welcome:
      return "welcome";
    case hello_verdict::other_cluster:
      return "it belongs to another cluster";
    case hello_verdict::wrong_secret:
      return "it does not know the cluster secret";
    case hello_verdict::unknown_version:
      return "there is no protocol version that both sides know";
    case hello_verdict::superseded:
      return "a process with its identity and a higher boot count is running";
    case hello_verdict::wrong_broker:
      return "another broker listens at that address";
    case hello_verdict::twin:
      return "another process with its identity and the same boot count runs already, so one of the two data "
             "directories is a copy of the other";
  }
  return "unknown";
}

bytes encode_introduction(const introduction& value) {
  bytes data;
  byte_writer out(data);
  out.put(introduction_magic);
  out.put(value.version_least);
  out.put(value.version_most);
  out.put(value.features);
  out.put_uuid(value.cluster_id);
  out.put(value.self.broker.value());
  out.put(value.self.incarnation.value());
  out.put(value.boot.value());
  out.put_bytes(value.nonce);
  out.put(value.process.value());
  return data;
}

result<introduction> decode_introduction(bytes_view data) {
  byte_reader in(data);
  introduction value;
  const auto magic = in.get<std::uint32_t>();
  value.version_least = in.get<std::uint16_t>();
  value.version_most = in.get<std::uint16_t>();
  value.features = in.get<std::uint64_t>();
  value.cluster_id = in.get_uuid();
  value.self.broker = broker_id(in.get<std::int32_t>());
  value.self.incarnation = incarnation_id(in.get<std::int64_t>());
  value.boot = boot_count(in.get<std::int64_t>());
  get_array(in, value.nonce);
  if (in.remaining() > 0) value.process = process_id(in.get<std::int64_t>());
  // Bytes that follow are a newer release's business: the proofs cover them.
  if (in.failed() || magic != introduction_magic || value.version_least > value.version_most)
    return fail(error_code::corrupt, "the introduction cannot be read");
  return value;
}

bytes encode_verdict(const verdict_message& value) {
  bytes data;
  byte_writer out(data);
  out.put(verdict_magic);
  out.put(static_cast<std::uint8_t>(value.verdict));
  out.put_bytes(value.proof);
  return data;
}

bool is_verdict(bytes_view data) {
  byte_reader in(data);
  return in.get<std::uint32_t>() == verdict_magic;
}

result<verdict_message> decode_verdict(bytes_view data) {
  byte_reader in(data);
  verdict_message value;
  const auto magic = in.get<std::uint32_t>();
  const auto verdict = in.get<std::uint8_t>();
  get_array(in, value.proof);
  if (in.failed() || magic != verdict_magic || verdict > static_cast<int>(hello_verdict::twin))
    return fail(error_code::corrupt, "the verdict cannot be read");
  value.verdict = static_cast<hello_verdict>(verdict);
  return value;
}

net::sha256_digest prove(const net::cluster_secret& secret, hello_side side, hello_verdict verdict,
                         bytes_view first, bytes_view second) {
  const std::array<std::uint8_t, 2> label{static_cast<std::uint8_t>(side),
                                          static_cast<std::uint8_t>(verdict)};
  bytes lengths;
  byte_writer out(lengths);
  out.put(static_cast<std::uint32_t>(first.size()));
  out.put(static_cast<std::uint32_t>(second.size()));
  const std::array<bytes_view, 5> parts{as_bytes("marquee raft hello"), label, lengths, first, second};
  return secret.hmac(parts);
}

hello_verdict judge_introduction(const introduction& own, const introduction& other) {
  if (own.cluster_id != other.cluster_id) return hello_verdict::other_cluster;
  if (own.version_most < other.version_least || other.version_most < own.version_least)
    return hello_verdict::unknown_version;
  return hello_verdict::welcome;
}

std::uint16_t common_version(const introduction& own, const introduction& other) {
  return std::min(own.version_most, other.version_most);
}

}  // namespace marquee::raft
