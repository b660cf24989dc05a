#include "net/cluster_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.h"
#include "base/file_system.h"

namespace marquee::net {

sha256_digest hmac_sha256(bytes_view key, std::span<const bytes_view> parts) {
  bytes message;
  for (const bytes_view part : parts) message.insert(message.end(), part.begin(), part.end());
  sha256_digest digest{};
  unsigned int size = 0;
  const unsigned char* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(),
                                   message.size(), digest.data(), &size);
  MARQUEE_ASSERT(made != nullptr && size == digest.size(), "HMAC-SHA256 must be available");
  return digest;
}

bool equal_in_constant_time(bytes_view a, bytes_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(bytes_view data) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(data.size() * 2);
  for (const std::uint8_t octet : data) {
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

result<cluster_secret> cluster_secret::load(const std::string& path) {
  const result<bytes> content = read_file(system_file_system(), path, 64 * 1024);
  if (!content) return fail(content, "reading the cluster's secret from " + path);
  std::string_view text = as_text(*content);
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  text = first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
  if (text.size() < 16)
    return fail(error_code::invalid_argument,
                "the cluster's secret in " + path + " is shorter than 16 characters");
  return cluster_secret(std::string(text));
}

sha256_digest cluster_secret::hmac(std::span<const bytes_view> parts) const {
  return hmac_sha256(as_bytes(secret_), parts);
}

std::string cluster_secret::make_proof(std::string_view method, std::string_view target,
                                       std::string_view principal) const {
  std::string message = std::string(method) + " " + std::string(target);
  if (!principal.empty()) message.append("\n").append(principal);
  const bytes_view part = as_bytes(message);
  return to_hex(hmac(std::span<const bytes_view>(&part, 1)));
}

bool cluster_secret::check_proof(std::string_view proof, std::string_view method, std::string_view target,
                                 std::string_view principal) const {
  if (empty()) return false;
  return equal_in_constant_time(as_bytes(proof), as_bytes(make_proof(method, target, principal)));
}

void cluster_secret::sign(http_request& request) const {
  if (empty()) return;
  request.headers.set(cluster_proof_header,
                      make_proof(request.method, request.target, request.headers.get(principal_header)));
}

bool cluster_secret::signed_by_cluster(const http_request& request) const {
  return check_proof(request.headers.get(cluster_proof_header), request.method, request.target,
                     request.headers.get(principal_header));
}

}  // namespace marquee::net
