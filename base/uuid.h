#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace marquee {

/// A 128-bit identifier (RFC 9562). All zero means "none".
struct uuid {
  std::array<std::uint8_t, 16> octets{};

  auto operator<=>(const uuid&) const = default;
  [[nodiscard]] bool is_none() const { return *this == uuid{}; }

  /// A fresh random one (version 4) from the operating system's random source.
  [[nodiscard]] static uuid random();
  /// Reads the 36 characters of the usual form; nothing else is accepted.
  [[nodiscard]] static std::optional<uuid> parse(std::string_view text);
};

/// The usual 36 characters, lower case.
[[nodiscard]] std::string to_string(const uuid& id);

}  // namespace marquee

template <>
struct std::hash<marquee::uuid> {
  std::size_t operator()(const marquee::uuid& id) const noexcept;
};
