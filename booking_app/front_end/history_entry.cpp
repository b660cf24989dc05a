#include "booking_app/front_end/history_entry.h"

#include <algorithm>

#include "base/base64.h"
#include "base/crc32c.h"
#include "booking_app/machine/answer_code.h"
#include "booking_app/machine/digest.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::booking {
namespace {

constexpr std::size_t most_dead_bytes = 64 * 1024;
constexpr std::string_view events_begin = R"({"events":)";
constexpr std::size_t fixed_bytes = 1 + 8 + 4;

history_key hash_with(char letter, std::string_view text) {
  return hash_of(std::string(1, letter).append(text)).low;
}

history_entry audit_line(const outcome& of, const audit_entry& line) {
  history_entry entry{history_kind::audit, of.offset, {client_key(line.client_id)}, {}};
  if (!line.show_id.empty()) entry.keys.push_back(show_key(line.show_id));
  json_writer out;
  out.open_object().field("client_id", line.client_id).field("code", to_string(line.code));
  out.field("offset", of.offset).name("seats").open_array();
  for (const std::string& seat : line.seats) {
    out.value(seat);
    entry.keys.push_back(seat_key(seat));
  }
  out.close_array().field("show_id", line.show_id).field("status", status_text(line.code));
  out.field("time_ms", of.time_ms).field("type", line.type).close_object();
  entry.text = out.take();
  return entry;
}

std::string events_message(const outcome& of) {
  return std::string(events_begin) + of.events + R"(,"offset":)" + std::to_string(of.offset) +
         R"(,"time_ms":)" + std::to_string(of.time_ms) + R"(,"v":1})";
}

std::string dead_letter(const record& what, std::string_view reason) {
  const bytes_view kept = what.value.first(std::min(what.value.size(), most_dead_bytes));
  json_writer out;
  out.open_object().field("length", what.value.size()).field("message_base64", base64_encode(kept));
  out.field("offset", what.offset).field("reason", reason).close_object();
  return out.take();
}

}  // namespace

history_key show_key(std::string_view show) {
  return hash_with('S', show);
}
history_key seat_key(std::string_view seat) {
  return hash_with('p', seat);
}
history_key client_key(std::string_view client) {
  return hash_with('c', client);
}
history_key kind_key(history_kind kind) {
  return hash_with('k', std::to_string(static_cast<int>(kind)));
}

std::vector<history_entry> history_of(const record& what, const outcome& of) {
  std::vector<history_entry> entries;
  for (const audit_entry& line : of.audit) entries.push_back(audit_line(of, line));
  if (of.events != "[]") entries.push_back({history_kind::events, of.offset, {}, events_message(of)});
  if (of.bad_command)
    entries.push_back({history_kind::dead_letter, of.offset, {}, dead_letter(what, *of.bad_command)});
  return entries;
}

std::string_view events_within(std::string_view message) {
  const std::size_t end = message.rfind(R"(,"offset":)");
  if (!message.starts_with(events_begin) || end == std::string_view::npos || end < events_begin.size())
    return {};
  return message.substr(events_begin.size(), end - events_begin.size());
}

void encode(const history_entry& entry, byte_writer& out) {
  bytes content;
  content.reserve(fixed_bytes + 8 * entry.keys.size() + entry.text.size());
  byte_writer writer(content);
  writer.put<std::uint8_t>(static_cast<std::uint8_t>(entry.kind));
  writer.put<std::int64_t>(entry.offset);
  writer.put<std::uint32_t>(static_cast<std::uint32_t>(entry.keys.size()));
  for (const history_key key : entry.keys) writer.put<std::uint64_t>(key);
  writer.put_bytes(as_bytes(entry.text));
  out.put<std::uint32_t>(static_cast<std::uint32_t>(content.size()));
  out.put<std::uint32_t>(crc32c(content));
  out.put_bytes(content);
}

result<history_entry> decode_history_entry(byte_reader& in) {
  const auto size = in.get<std::uint32_t>();
  const auto checksum = in.get<std::uint32_t>();
  const bytes_view content = in.get_bytes(size);
  if (in.failed() || size < fixed_bytes || crc32c(content) != checksum)
    return fail(error_code::corrupt, "an entry of the history is cut or damaged");
  byte_reader reader(content);
  history_entry entry;
  entry.kind = static_cast<history_kind>(reader.get<std::uint8_t>());
  entry.offset = reader.get<std::int64_t>();
  const auto keys = reader.get<std::uint32_t>();
  if (keys > reader.remaining() / 8) return fail(error_code::corrupt, "an entry of the history has no keys");
  entry.keys.reserve(keys);
  for (std::uint32_t i = 0; i < keys; ++i) entry.keys.push_back(reader.get<std::uint64_t>());
  entry.text = as_text(reader.get_bytes(reader.remaining()));
  return entry;
}

}  // namespace marquee::booking
