#include "net/cluster_secret.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/assert.h"
#include "base/file_system.h"

namespace marquee::net {

namespace {

struct mac_deleter {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using mac_context = std::unique_ptr<EVP_MAC_CTX, mac_deleter>;

/// Finding the algorithm costs OpenSSL several times what a short message does, so it is done once a thread.
mac_context make_context() {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  mac_context made(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  MARQUEE_ASSERT(made != nullptr && EVP_MAC_CTX_set_params(made.get(), parameters.data()) == 1,
                 "HMAC-SHA256 must be available");
  return made;
}

/// A process has few keys and uses one of them many times running: preparing it costs as much as a short
/// message.
struct keyed_context {
  const mac_context context = make_context();
  std::optional<bytes> key = std::nullopt;  ///< that `context` is prepared for

  bool begin(bytes_view wanted) {
    // A null key means the one before.
    if (key && std::ranges::equal(*key, wanted)) return EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1;
    static constexpr std::uint8_t no_key = 0;
    key.emplace(wanted.begin(), wanted.end());
    return EVP_MAC_init(context.get(), wanted.empty() ? &no_key : wanted.data(), wanted.size(), nullptr) == 1;
  }
};

}  // namespace

sha256_digest hmac_sha256(bytes_view key, std::span<const bytes_view> parts) {
  thread_local keyed_context with;
  bool done = with.begin(key);
  for (const bytes_view part : parts)
    done = done && EVP_MAC_update(with.context.get(), part.data(), part.size()) == 1;
  sha256_digest digest{};
  std::size_t size = 0;
  done = done && EVP_MAC_final(with.context.get(), digest.data(), &size, digest.size()) == 1;
  MARQUEE_ASSERT(done && size == digest.size(), "HMAC-SHA256 must be available");
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
