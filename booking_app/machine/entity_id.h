#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::booking {

/// What a record made: the record's offset, and which of its things if it may make several (from 1; 0 stands
/// for a record that makes one). The text is a letter in front: `H-51873`, `B-51901-2`. Ordered as numbers.
struct entity_id {
  std::int64_t offset = 0;
  std::int32_t index = 0;

  auto operator<=>(const entity_id&) const = default;
};

inline constexpr char hold_letter = 'H';
inline constexpr char booking_letter = 'B';
inline constexpr char admission_letter = 'Q';
inline constexpr char session_letter = 's';

[[nodiscard]] std::string to_text(char letter, entity_id id);
/// Exactly what `to_text` gives; nothing for any other text.
[[nodiscard]] std::optional<entity_id> parse_entity_id(char letter, std::string_view text);

/// Sessions have no index: `s-1042`.
[[nodiscard]] std::string session_text(std::int64_t session);
[[nodiscard]] std::optional<std::int64_t> parse_session(std::string_view text);

}  // namespace marquee::booking

template <>
struct std::hash<marquee::booking::entity_id> {
  std::size_t operator()(const marquee::booking::entity_id& id) const noexcept {
    return static_cast<std::size_t>(id.offset) * 0x9e3779b97f4a7c15ULL + static_cast<std::size_t>(id.index);
  }
};
