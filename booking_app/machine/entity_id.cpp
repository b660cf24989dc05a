#include "booking_app/machine/entity_id.h"

#include <charconv>

namespace marquee::booking {
namespace {

/// A decimal number without sign or leading zero at the front of `text`, which is moved behind it.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  if (text.empty() || text[0] < '0' || text[0] > '9' || (text[0] == '0' && text.size() > 1 && text[1] != '-'))
    return std::nullopt;
  Number value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::string to_text(char letter, entity_id id) {
  char buffer[48];
  char* const last = buffer + sizeof buffer;
  char* end = buffer;
  *end++ = letter;
  *end++ = '-';
  end = std::to_chars(end, last, id.offset).ptr;
  if (id.index > 0) {
    *end++ = '-';
    end = std::to_chars(end, last, id.index).ptr;
  }
  return {buffer, end};
}

std::optional<entity_id> parse_entity_id(char letter, std::string_view text) {
  if (text.size() < 3 || text[0] != letter || text[1] != '-') return std::nullopt;
  text.remove_prefix(2);
  const auto offset = take_number<std::int64_t>(text);
  if (!offset) return std::nullopt;
  entity_id id{*offset, 0};
  if (text.empty()) return id;
  if (text[0] != '-') return std::nullopt;
  text.remove_prefix(1);
  const auto index = take_number<std::int32_t>(text);
  if (!index || *index == 0 || !text.empty()) return std::nullopt;
  id.index = *index;
  return id;
}

std::string session_text(std::int64_t session) {
  return to_text(session_letter, {session, 0});
}

std::optional<std::int64_t> parse_session(std::string_view text) {
  const auto id = parse_entity_id(session_letter, text);
  if (!id || id->index != 0) return std::nullopt;
  return id->offset;
}

}  // namespace marquee::booking
