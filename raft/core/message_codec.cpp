#include "raft/core/message_codec.h"

#include <string>
#include <utility>

#include "base/assert.h"
#include "base/byte_codec.h"
#include "base/crc32c.h"
#include "raft/core/entry_codec.h"

namespace marquee::raft {
namespace {

constexpr std::uint8_t flag_rejected = 1;
constexpr std::uint8_t flag_transfer = 2;
constexpr std::uint8_t flag_in_doubt = 4;
constexpr std::uint8_t all_flags = flag_rejected | flag_transfer | flag_in_doubt;
constexpr std::size_t checksum_position = message_header_bytes - 4;

void put_replica(byte_writer& writer, const replica_id& replica) {
  writer.put<std::int32_t>(replica.broker.value());
  writer.put<std::int64_t>(replica.incarnation.value());
}

replica_id get_replica(byte_reader& reader) {
  const broker_id broker(reader.get<std::int32_t>());
  return {broker, incarnation_id(reader.get<std::int64_t>())};
}

std::uint8_t version_of(const message& value) {
  const bool counts_losses = value.type == message_type::append_response && value.context != 0;
  return value.in_doubt || counts_losses ? message_format_version_with_doubt : message_format_version;
}

void put_header(byte_writer& writer, const message& value) {
  writer.put<std::uint8_t>(version_of(value));
  writer.put<std::uint8_t>(static_cast<std::uint8_t>(value.type));
  writer.put<std::uint8_t>(static_cast<std::uint8_t>((value.rejected ? flag_rejected : 0) |
                                                     (value.transfer ? flag_transfer : 0) |
                                                     (value.in_doubt ? flag_in_doubt : 0)));
  writer.put<std::uint8_t>(0);
  writer.put<std::uint32_t>(static_cast<std::uint32_t>(value.entries.size()));
  put_replica(writer, value.from);
  put_replica(writer, value.to);
  writer.put(value.term.value());
  writer.put(value.index.value());
  writer.put(value.index_term.value());
  writer.put(value.commit.value());
  writer.put(value.hint_index.value());
  writer.put(value.hint_term.value());
  writer.put(value.context);
}

bool is_known(message_type type) {
  return type >= message_type::pre_vote_request && type <= message_type::timeout_now;
}

/// Numbers that a peer cannot mean.
result<> check_header(const message& value, std::uint32_t entry_count, std::size_t bytes_left) {
  if (!is_known(value.type))
    return fail(error_code::unsupported, "Raft message of unknown type " +
                                             std::to_string(static_cast<int>(value.type)) +
                                             ": a newer release sent it");
  if (value.term < term_number(0) || value.index < log_index(0) || value.index_term < term_number(0) ||
      value.commit < log_index(0) || value.hint_index < log_index(0) || value.hint_term < term_number(0))
    return fail(error_code::corrupt, "Raft message holds a negative number");
  if (entry_count > 0 && value.type != message_type::append_request)
    return fail(error_code::corrupt, "Raft message that cannot have entries has some");
  if (entry_count > bytes_left / entry_header_bytes)
    return fail(error_code::corrupt, "Raft message claims more entries than it has bytes for");
  return {};
}

/// Entries of one append follow each other, and no term is beyond the leader's (Raft paper, figure 3: log
/// matching).
result<> check_order(const message& value, const entry& next) {
  const log_index wanted = value.index + static_cast<std::int64_t>(value.entries.size()) + 1;
  const term_number least = value.entries.empty() ? value.index_term : value.entries.back().term;
  if (next.index != wanted || next.term < least || next.term > value.term)
    return fail(error_code::corrupt, "entries of a Raft message do not follow each other");
  return {};
}

}  // namespace

void append_message(const message& value, bytes& target) {
  MARQUEE_ASSERT(value.entries.empty(), "entries need windows on their payloads");
  const std::size_t begin = target.size();
  byte_writer writer(target);
  put_header(writer, value);
  writer.put<std::uint32_t>(crc32c(bytes_view(target).subspan(begin)));
}

std::vector<shared_bytes> encode_message(const message& value) {
  bytes fixed;
  fixed.reserve(message_header_bytes + value.entries.size() * entry_header_bytes);
  byte_writer writer(fixed);
  put_header(writer, value);
  writer.put<std::uint32_t>(crc32c(fixed));
  for (const entry& e : value.entries) writer.put_bytes(encode_entry_header(e));

  // All fixed parts lie in one buffer; a window on it ends where foreign bytes come between.
  const shared_bytes buffer = shared_bytes::of(std::move(fixed));
  std::vector<shared_bytes> parts;
  std::size_t begin = 0;
  std::size_t end = message_header_bytes;
  for (const entry& e : value.entries) {
    end += entry_header_bytes;
    if (e.head.empty() && e.payload_bytes() == 0) continue;
    parts.push_back(buffer.slice(begin, end - begin));
    begin = end;
    if (!e.head.empty()) parts.push_back(e.head);
    for (const shared_bytes& part : e.payload)
      if (!part.empty()) parts.push_back(part);
  }
  if (end > begin) parts.push_back(buffer.slice(begin, end - begin));
  return parts;
}

std::size_t encoded_bytes(const message& value) {
  std::size_t total = message_header_bytes;
  for (const entry& e : value.entries) total += e.encoded_bytes();
  return total;
}

result<message> decode_message(const shared_bytes& data) {
  if (data.size() < message_header_bytes)
    return fail(error_code::corrupt,
                "Raft message is cut off after " + std::to_string(data.size()) + " bytes");
  byte_reader reader(data.view());
  const auto version = reader.get<std::uint8_t>();
  message value;
  value.type = static_cast<message_type>(reader.get<std::uint8_t>());
  const auto flags = reader.get<std::uint8_t>();
  (void)reader.get<std::uint8_t>();
  const auto entry_count = reader.get<std::uint32_t>();
  value.from = get_replica(reader);
  value.to = get_replica(reader);
  value.term = term_number(reader.get<std::int64_t>());
  value.index = log_index(reader.get<std::int64_t>());
  value.index_term = term_number(reader.get<std::int64_t>());
  value.commit = log_index(reader.get<std::int64_t>());
  value.hint_index = log_index(reader.get<std::int64_t>());
  value.hint_term = term_number(reader.get<std::int64_t>());
  value.context = reader.get<std::uint64_t>();
  if (reader.get<std::uint32_t>() != crc32c(data.view().first(checksum_position)))
    return fail(error_code::corrupt, "Raft message does not match its checksum");
  if (version < message_format_version || version > message_format_version_with_doubt ||
      (flags & ~all_flags) != 0)
    return fail(error_code::unsupported, "Raft message has format version " + std::to_string(version) +
                                             " and flags " + std::to_string(flags) +
                                             "; this release reads versions up to " +
                                             std::to_string(message_format_version_with_doubt) +
                                             " and flags up to " + std::to_string(all_flags));
  if (auto checked = check_header(value, entry_count, reader.remaining()); !checked) return fail(checked);
  value.rejected = (flags & flag_rejected) != 0;
  value.transfer = (flags & flag_transfer) != 0;
  value.in_doubt = (flags & flag_in_doubt) != 0;

  std::size_t position = message_header_bytes;
  value.entries.reserve(entry_count);
  for (std::uint32_t i = 0; i < entry_count; ++i) {
    auto e = decode_entry(data.slice(position));
    if (!e) return fail(e, "Raft message, entry " + std::to_string(i));
    if (auto checked = check_order(value, *e); !checked) return fail(checked);
    position += e->encoded_bytes();
    value.entries.push_back(std::move(*e));
  }
  if (position != data.size()) return fail(error_code::corrupt, "Raft message is followed by other bytes");
  return value;
}

}  // namespace marquee::raft
