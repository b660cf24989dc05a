#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/uuid.h"

namespace marquee::db {

enum class client_kind : std::uint8_t { producer, consumer, group_member };

/// What the id of a producer or consumer says, once its tag is found to be genuine.
struct client_identity {
  client_kind kind = client_kind::producer;
  std::int64_t number = 0;  ///< of a producer: the producer id that stands in logs
  uuid topic_id;

  bool operator==(const client_identity&) const = default;
};

/// Makes and checks the opaque ids of the HTTP API: "p-<number, base 36>.<topic id, base64url>.<tag>" (c- for
/// a consumer, g- for a member of a group), at most 64 characters of [A-Za-z0-9._-]. The tag is HMAC-SHA256
/// with a key of the cluster, cut to 96 bits: whoever has the key knows that the id was handed out, without
/// asking anybody. Immutable, thread-safe.
class opaque_id_codec {
 public:
  explicit opaque_id_codec(bytes key) : key_(std::move(key)) {}

  /// `number` must not be below zero.
  [[nodiscard]] std::string encode(const client_identity& identity) const;
  /// Nothing if the text was not made by `encode` with the same key.
  [[nodiscard]] std::optional<client_identity> decode(std::string_view text) const;

 private:
  [[nodiscard]] std::string tag_of(std::string_view body) const;

  bytes key_;
};

}  // namespace marquee::db
