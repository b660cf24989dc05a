#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "net/http_message.h"

namespace marquee::net {

using sha256_digest = std::array<std::uint8_t, 32>;

/// HMAC-SHA256 over the parts, one after the other.
[[nodiscard]] sha256_digest hmac_sha256(bytes_view key, std::span<const bytes_view> parts);
/// Takes equally long whatever differs.
[[nodiscard]] bool equal_in_constant_time(bytes_view a, bytes_view b);
[[nodiscard]] std::string to_hex(bytes_view data);

inline constexpr std::string_view cluster_proof_header = "X-Marquee-Cluster-Secret-Proof";
inline constexpr std::string_view principal_header = "X-Marquee-Principal";

/// What the processes of a cluster share and nobody else knows. Immutable, thread-safe. Never logged.
class cluster_secret {
 public:
  /// An empty secret proves nothing and believes nobody.
  cluster_secret() = default;
  explicit cluster_secret(std::string secret) : secret_(std::move(secret)) {}
  /// Reads a file; white space at its ends does not count. Errors: not_found, io, invalid_argument (shorter
  /// than 16).
  [[nodiscard]] static result<cluster_secret> load(const std::string& path);

  [[nodiscard]] bool empty() const { return secret_.empty(); }
  [[nodiscard]] sha256_digest hmac(std::span<const bytes_view> parts) const;

  /// Hex HMAC over `method + " " + target`, and over "\n" + principal if there is one.
  [[nodiscard]] std::string make_proof(std::string_view method, std::string_view target,
                                       std::string_view principal = {}) const;
  [[nodiscard]] bool check_proof(std::string_view proof, std::string_view method, std::string_view target,
                                 std::string_view principal = {}) const;

  /// Adds the proof header for the request's method, target and principal header. Call when those are final.
  void sign(http_request& request) const;
  /// True if the request carries a valid proof.
  [[nodiscard]] bool signed_by_cluster(const http_request& request) const;

 private:
  std::string secret_;
};

}  // namespace marquee::net
