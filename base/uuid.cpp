#include "base/uuid.h"

#include <cstring>

#include "base/random.h"

namespace marquee {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_dash_position(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

uuid uuid::random() {
  uuid id;
  fill_from_system(id.octets);
  id.octets[6] = static_cast<std::uint8_t>((id.octets[6] & 0x0f) | 0x40);
  id.octets[8] = static_cast<std::uint8_t>((id.octets[8] & 0x3f) | 0x80);
  return id;
}

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    auto& octet = id.octets[nibble / 2];
    octet = static_cast<std::uint8_t>((octet << 4) | value);
    ++nibble;
  }
  return id;
}

std::string to_string(const uuid& id) {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < id.octets.size(); ++i) {
    if (is_dash_position(text.size())) text.push_back('-');
    text.push_back(hex_digits[id.octets[i] >> 4]);
    text.push_back(hex_digits[id.octets[i] & 0x0f]);
  }
  return text;
}

}  // namespace marquee

std::size_t std::hash<marquee::uuid>::operator()(const marquee::uuid& id) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, id.octets.data(), sizeof high);
  std::memcpy(&low, id.octets.data() + sizeof high, sizeof low);
  return high ^ (low * 0x9e3779b97f4a7c15ULL);
}
