#include "raft/core/entry_codec.h"

#include <string>

#include "base/byte_codec.h"
#include "base/crc32c.h"

namespace marquee::raft {
namespace {

constexpr std::uint16_t entry_magic = 0x4d45;

void put_big_endian(entry_header& target, std::size_t position, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    target[position + i] = static_cast<std::uint8_t>(value >> ((size - 1 - i) * 8));
}

/// Everything but the two checksums.
entry_header header_without_checksums(const entry& e) {
  entry_header header{};
  put_big_endian(header, 0, entry_magic, 2);
  put_big_endian(header, 2, entry_format_version, 1);
  put_big_endian(header, 3, static_cast<std::uint64_t>(e.type), 1);
  put_big_endian(header, 8, e.head.size(), 4);
  put_big_endian(header, 12, e.payload_bytes(), 4);
  put_big_endian(header, 16, static_cast<std::uint64_t>(e.term.value()), 8);
  put_big_endian(header, 24, static_cast<std::uint64_t>(e.index.value()), 8);
  put_big_endian(header, 32, static_cast<std::uint64_t>(e.base_offset.value()), 8);
  put_big_endian(header, 40, static_cast<std::uint64_t>(e.append_time_ms), 8);
  put_big_endian(header, 48, static_cast<std::uint64_t>(e.record_count), 4);
  return header;
}

std::uint32_t checksum_of(const entry& e) {
  const entry_header header = header_without_checksums(e);
  const bytes_view fixed = header;
  std::uint32_t checksum = crc32c(fixed.subspan(8, 44), crc32c(fixed.first(4)));
  checksum = crc32c(e.head, checksum);
  for (const shared_bytes& part : e.payload) checksum = crc32c(part, checksum);
  return checksum;
}

std::uint32_t header_checksum(bytes_view header) {
  return crc32c(header.subspan(8, entry_header_bytes - 8), crc32c(header.first(4)));
}

bool is_known(entry_type type) {
  switch (type) {
    case entry_type::no_op:
    case entry_type::configuration:
    case entry_type::data:
    case entry_type::marker:
    case entry_type::log_start:
      return true;
  }
  return false;
}

result<> check_fields(const decoded_header& header) {
  const entry& e = header.e;
  if (!is_known(e.type))
    return fail(error_code::unsupported, "entry of unknown type " + std::to_string(static_cast<int>(e.type)) +
                                             ": a newer release wrote it");
  if (header.total_bytes() > largest_entry_bytes)
    return fail(error_code::corrupt,
                "entry claims " + std::to_string(header.total_bytes()) + " bytes, more than any entry has");
  if (e.index < log_index(1) || e.term < term_number(0) || e.base_offset < record_offset(0) ||
      e.record_count < 0)
    return fail(error_code::corrupt, "entry header holds a negative number");
  if (e.record_count > 0 && e.type != entry_type::data)
    return fail(error_code::corrupt, "internal entry claims to hold client records");
  return {};
}

}  // namespace

void seal_entry(entry& e) {
  e.checksum = checksum_of(e);
}

bool verify_entry(const entry& e) {
  return e.checksum == checksum_of(e);
}

entry_header encode_entry_header(const entry& e) {
  entry_header header = header_without_checksums(e);
  put_big_endian(header, 52, e.checksum, 4);
  put_big_endian(header, 4, header_checksum(header), 4);
  return header;
}

void append_entry_parts(const entry& e, const entry_header& header_storage, std::vector<bytes_view>& parts) {
  parts.emplace_back(header_storage);
  if (!e.head.empty()) parts.push_back(e.head);
  for (const shared_bytes& part : e.payload)
    if (!part.empty()) parts.push_back(part);
}

result<decoded_header> decode_entry_header(bytes_view data) {
  if (data.size() < entry_header_bytes)
    return fail(error_code::corrupt,
                "entry header is cut off after " + std::to_string(data.size()) + " bytes");
  const bytes_view fixed = data.first(entry_header_bytes);
  byte_reader reader(fixed);
  if (reader.get<std::uint16_t>() != entry_magic)
    return fail(error_code::corrupt, "no entry here: the magic number is missing");
  const auto version = reader.get<std::uint8_t>();
  decoded_header header;
  header.e.type = static_cast<entry_type>(reader.get<std::uint8_t>());
  if (reader.get<std::uint32_t>() != header_checksum(fixed))
    return fail(error_code::corrupt, "entry header does not match its checksum");
  if (version != entry_format_version)
    return fail(error_code::unsupported, "entry has format version " + std::to_string(version) +
                                             "; this release reads version " +
                                             std::to_string(entry_format_version));
  header.head_bytes = reader.get<std::uint32_t>();
  header.payload_bytes = reader.get<std::uint32_t>();
  header.e.term = term_number(reader.get<std::int64_t>());
  header.e.index = log_index(reader.get<std::int64_t>());
  header.e.base_offset = record_offset(reader.get<std::int64_t>());
  header.e.append_time_ms = reader.get<std::int64_t>();
  header.e.record_count = reader.get<std::int32_t>();
  header.e.checksum = reader.get<std::uint32_t>();
  if (auto checked = check_fields(header); !checked) return fail(checked);
  return header;
}

result<entry> decode_entry(const shared_bytes& data) {
  auto header = decode_entry_header(data);
  if (!header) return fail(header);
  if (data.size() < header->total_bytes())
    return fail(error_code::corrupt, "entry of " + std::to_string(header->total_bytes()) +
                                         " bytes is cut off after " + std::to_string(data.size()));
  entry e = std::move(header->e);
  e.head = data.slice(entry_header_bytes, header->head_bytes);
  if (header->payload_bytes > 0)
    e.payload.push_back(data.slice(entry_header_bytes + header->head_bytes, header->payload_bytes));
  if (!verify_entry(e)) return fail(error_code::corrupt, "entry does not match its checksum");
  return e;
}

}  // namespace marquee::raft
