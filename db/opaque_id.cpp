#include "db/opaque_id.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/base64.h"
#include "net/cluster_secret.h"

namespace marquee::db {

namespace {

constexpr std::size_t tag_bytes = 12;
constexpr std::size_t topic_characters = 22;
constexpr std::size_t tag_characters = 16;
constexpr std::size_t longest_id = 64;

char letter_of(client_kind kind) {
  switch (kind) {
    case client_kind::producer:
      return 'p';
    case client_kind::consumer:
      return 'c';
    case client_kind::group_member:
      return 'g';
  }
  return '?';
}

std::optional<client_kind> kind_of(char letter) {
  for (const client_kind kind : {client_kind::producer, client_kind::consumer, client_kind::group_member})
    if (letter_of(kind) == letter) return kind;
  return std::nullopt;
}

/// Without padding, and with '-' and '_' (RFC 4648 section 5).
std::string base64url_encode(bytes_view data) {
  std::string text = base64_encode(data);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<bytes> base64url_decode(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  while (standard.size() % 4 != 0) standard.push_back('=');
  return base64_decode(standard);
}

}  // namespace

std::string opaque_id_codec::tag_of(std::string_view body) const {
  const std::array<bytes_view, 1> parts{as_bytes(body)};
  const net::sha256_digest digest = net::hmac_sha256(key_, parts);
  return base64url_encode(bytes_view(digest).first(tag_bytes));
}

std::string opaque_id_codec::encode(const client_identity& identity) const {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), identity.number, 36).ptr;
  std::string text{letter_of(identity.kind), '-'};
  text.append(digits.data(), end);
  text += '.';
  text += base64url_encode(identity.topic_id.octets);
  const std::string tag = tag_of(text);
  return text + '.' + tag;
}

std::optional<client_identity> opaque_id_codec::decode(std::string_view text) const {
  // "p-" + at least one digit + "." + topic + "." + tag
  if (text.size() > longest_id || text.size() < 2 + 1 + 1 + topic_characters + 1 + tag_characters)
    return std::nullopt;
  const std::string_view tag = text.substr(text.size() - tag_characters);
  const std::string_view body = text.substr(0, text.size() - tag_characters - 1);
  const std::string expected = tag_of(body);
  if (text[body.size()] != '.' || !net::equal_in_constant_time(as_bytes(tag), as_bytes(expected)))
    return std::nullopt;

  client_identity identity;
  const std::optional<client_kind> kind = kind_of(body[0]);
  const std::string_view digits = body.substr(2, body.size() - topic_characters - 1 - 2);
  const std::optional<bytes> topic = base64url_decode(body.substr(body.size() - topic_characters));
  if (!kind || !topic || topic->size() != identity.topic_id.octets.size()) return std::nullopt;
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), identity.number, 36);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  identity.kind = *kind;
  std::ranges::copy(*topic, identity.topic_id.octets.begin());
  return identity;
}

}  // namespace marquee::db
