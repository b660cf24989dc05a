#include "raft/storage/wal_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_codec.h"
#include "base/crc32c.h"
#include "raft/core/entry_codec.h"

namespace marquee::raft {

namespace {

constexpr std::uint32_t wal_magic = 0x4d57414c;
constexpr std::size_t checksum_position = 76;

}  // namespace

std::size_t wal_record::payload_bytes() const {
  std::size_t total = front.size() + head.size();
  for (const shared_bytes& part : payload) total += part.size();
  return total;
}

wal_record wal_record::of_entry(const group_id& group, const entry& e) {
  const entry_header header = encode_entry_header(e);
  wal_record record;
  record.type = wal_record_type::append;
  record.group = group;
  record.front.assign(header.begin(), header.end());
  record.head = e.head;
  record.payload = e.payload;
  return record;
}

encoded_wal_header encode_wal_header(const wal_record_header& header) {
  bytes buffer;
  buffer.reserve(wal_record_header_bytes);
  byte_writer writer(buffer);
  writer.put<std::uint32_t>(wal_magic);
  writer.put<std::uint8_t>(wal_record_format_version);
  writer.put<std::uint8_t>(static_cast<std::uint8_t>(header.type));
  writer.put<std::uint16_t>(0);
  writer.put<std::uint64_t>(header.generation);
  writer.put<std::uint64_t>(header.lsn);
  writer.put<std::uint64_t>(header.durable_lsn);
  writer.put<std::uint64_t>(header.position);
  writer.put_uuid(header.group.topic_id);
  writer.put<std::int32_t>(header.group.partition.value());
  writer.put<std::uint32_t>(header.payload_bytes);
  writer.put<std::uint32_t>(header.span);
  writer.put<std::uint32_t>(header.payload_checksum);
  writer.put<std::uint32_t>(0);
  writer.put<std::uint32_t>(crc32c(buffer));
  encoded_wal_header encoded;
  std::copy(buffer.begin(), buffer.end(), encoded.begin());
  return encoded;
}

result<wal_record_header> decode_wal_header(bytes_view data) {
  if (data.size() < wal_record_header_bytes) return fail(error_code::corrupt, "record header is cut off");
  byte_reader reader(data.first(wal_record_header_bytes));
  if (reader.get<std::uint32_t>() != wal_magic) return fail(error_code::corrupt, "no record begins here");
  byte_reader checksum(data.subspan(checksum_position, 4));
  if (checksum.get<std::uint32_t>() != crc32c(data.first(checksum_position)))
    return fail(error_code::corrupt, "record header does not match its checksum");
  if (const auto version = reader.get<std::uint8_t>(); version != wal_record_format_version)
    return fail(
        error_code::unsupported,
        fmt::format("record has format version {}; this release reads version {}: start a release that "
                    "is at least as new as the one that wrote it",
                    version, wal_record_format_version));
  wal_record_header header;
  header.type = static_cast<wal_record_type>(reader.get<std::uint8_t>());
  (void)reader.get<std::uint16_t>();
  header.generation = reader.get<std::uint64_t>();
  header.lsn = reader.get<std::uint64_t>();
  header.durable_lsn = reader.get<std::uint64_t>();
  header.position = reader.get<std::uint64_t>();
  header.group.topic_id = reader.get_uuid();
  header.group.partition = partition_id(reader.get<std::int32_t>());
  header.payload_bytes = reader.get<std::uint32_t>();
  header.span = reader.get<std::uint32_t>();
  header.payload_checksum = reader.get<std::uint32_t>();
  if (header.span < wal_record_room(header.payload_bytes) || header.span % wal_record_alignment != 0)
    return fail(error_code::corrupt, "record header has lengths that do not fit each other");
  return header;
}

std::uint32_t wal_payload_checksum(const wal_record& record) {
  std::uint32_t checksum = crc32c(record.front);
  checksum = crc32c(record.head, checksum);
  for (const shared_bytes& part : record.payload) checksum = crc32c(part, checksum);
  return checksum;
}

std::string_view to_string(wal_record_type type) {
  switch (type) {
    case wal_record_type::group_created:
      return "group created";
    case wal_record_type::append:
      return "append";
    case wal_record_type::append_pointer:
      return "append pointer";
    case wal_record_type::truncate:
      return "truncate";
    case wal_record_type::hard_state:
      return "hard state";
    case wal_record_type::log_start:
      return "log start";
    case wal_record_type::group_removed:
      return "group removed";
    case wal_record_type::commit_mark:
      return "commit mark";
    case wal_record_type::checkpoint_begin:
      return "checkpoint begin";
    case wal_record_type::checkpoint_group:
      return "checkpoint of a group";
    case wal_record_type::checkpoint_end:
      return "checkpoint end";
    case wal_record_type::session:
      return "session";
    case wal_record_type::relaxed_mark:
      return "relaxed mark";
    case wal_record_type::clean_stop:
      return "clean stop";
  }
  return "unknown";
}

}  // namespace marquee::raft
