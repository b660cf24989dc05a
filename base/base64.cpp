#include "base/base64.h"

#include <array>
#include <cstdint>

namespace marquee {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t not_in_alphabet = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(not_in_alphabet);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> values = make_values();

std::uint32_t value_of(char c) {
  return values[static_cast<std::uint8_t>(c)];
}

}  // namespace

std::string base64_encode(bytes_view data) {
  std::string text;
  text.reserve((data.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const std::size_t left = data.size() - i;
    const std::uint32_t group = (std::uint32_t{data[i]} << 16) |
                                (left > 1 ? std::uint32_t{data[i + 1]} << 8 : 0) |
                                (left > 2 ? std::uint32_t{data[i + 2]} : 0);
    text.push_back(alphabet[group >> 18]);
    text.push_back(alphabet[(group >> 12) & 63]);
    text.push_back(left > 1 ? alphabet[(group >> 6) & 63] : '=');
    text.push_back(left > 2 ? alphabet[group & 63] : '=');
  }
  return text;
}

std::optional<bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  bytes data;
  data.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool is_last = i + 4 == text.size();
    const std::size_t padding = !is_last || text[i + 3] != '=' ? 0 : text[i + 2] == '=' ? 2 : 1;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::uint32_t value = j >= 4 - padding ? 0 : value_of(text[i + j]);
      if (value == not_in_alphabet) return std::nullopt;
      group = (group << 6) | value;
    }
    const std::size_t size = 3 - padding;
    if ((group & ((1U << (8 * padding)) - 1)) != 0) return std::nullopt;
    for (std::size_t j = 0; j < size; ++j) data.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * j)));
  }
  return data;
}

}  // namespace marquee
