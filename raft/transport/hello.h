#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"
#include "net/cluster_secret.h"

namespace marquee::raft {

/// The hello of DESIGN D24: both sides learn who the other one is and that it knows the cluster secret,
/// before any other byte counts. Four frames:
///
///     connecting side                        accepting side
///     1 introduction (nonce a)      ->
///                                   <-       2 introduction (nonce b), or a verdict that refuses
///     3 verdict, proof over 1 and 2 ->
///                                   <-       4 verdict, proof over 1 and 2
///
/// A proof is HMAC-SHA256(secret, side, verdict, frame 1, frame 2): it holds both nonces and everything that
/// was said, so that it can be neither replayed nor reflected.
inline constexpr std::uint16_t protocol_version_least = 1;
inline constexpr std::uint16_t protocol_version_most = 1;

using hello_nonce = std::array<std::uint8_t, 32>;

struct introduction {
  std::uint16_t version_least = protocol_version_least;
  std::uint16_t version_most = protocol_version_most;
  /// Bits of what this release can do; what both have may be used. None are given out yet.
  std::uint64_t features = 0;
  uuid cluster_id;
  replica_id self;
  boot_count boot;
  hello_nonce nonce{};
  /// Last on the wire, and may be missing there: older releases send none.
  process_id process;
};

enum class hello_verdict : std::uint8_t {
  welcome = 0,
  other_cluster = 1,
  wrong_secret = 2,
  unknown_version = 3,
  superseded = 4,  ///< a process with the receiver's identity and a higher boot count is known: it must stop
  wrong_broker = 5,  ///< the connecting side meant somebody else
  /// Another process with the receiver's identity and boot count came first: it must stop. Said only to who
  /// names its process.
  twin = 6,
};
[[nodiscard]] std::string_view to_string(hello_verdict verdict);

enum class hello_side : std::uint8_t { connecting = 1, accepting = 2 };

struct verdict_message {
  hello_verdict verdict = hello_verdict::welcome;
  net::sha256_digest proof{};
};

[[nodiscard]] bytes encode_introduction(const introduction& value);
[[nodiscard]] bytes encode_verdict(const verdict_message& value);
/// What the accepting side sends second is either of the two.
[[nodiscard]] bool is_verdict(bytes_view data);
/// Errors: corrupt.
[[nodiscard]] result<introduction> decode_introduction(bytes_view data);
/// Errors: corrupt.
[[nodiscard]] result<verdict_message> decode_verdict(bytes_view data);

/// `first` and `second` are the encoded introductions.
[[nodiscard]] net::sha256_digest prove(const net::cluster_secret& secret, hello_side side,
                                       hello_verdict verdict, bytes_view first, bytes_view second);

/// What can be said of the other side's introduction before its proof: cluster and version.
[[nodiscard]] hello_verdict judge_introduction(const introduction& own, const introduction& other);
/// The newest version that both know, if `judge_introduction` said welcome.
[[nodiscard]] std::uint16_t common_version(const introduction& own, const introduction& other);

}  // namespace marquee::raft
