#include "raft/storage/segment_format.h"

#include <fmt/format.h>

#include <array>

#include "base/byte_codec.h"
#include "base/crc32c.h"

namespace marquee::raft {

namespace {

constexpr std::uint32_t segment_magic = 0x4d534547;
constexpr std::size_t checksum_bytes = 4;

}  // namespace

bytes encode_segment_header(const segment_header& header) {
  bytes data;
  byte_writer writer(data);
  writer.put<std::uint32_t>(segment_magic);
  writer.put<std::uint16_t>(segment_format_version);
  writer.put<std::uint16_t>(0);
  writer.put<std::uint32_t>(0);
  writer.put<std::uint32_t>(0);
  writer.put_uuid(header.group.topic_id);
  writer.put<std::int32_t>(header.group.partition.value());
  writer.put<std::int64_t>(header.base_index.value());
  writer.put<std::int64_t>(header.base_term.value());
  writer.put<std::int64_t>(header.base_offset.value());
  writer.put<std::int64_t>(header.base_time_ms);
  writer.put<std::int64_t>(header.log_start.value());
  writer.put<std::uint32_t>(header.rolling_checksum);
  writer.put_sized(encode_configuration(header.members));
  writer.put_sized(header.application_state);
  while ((data.size() + checksum_bytes) % 8 != 0) data.push_back(0);
  writer.put_at<std::uint32_t>(8, static_cast<std::uint32_t>(data.size() + checksum_bytes));
  writer.put_at<std::uint32_t>(12, crc32c(bytes_view(data).first(12)));
  writer.put<std::uint32_t>(crc32c(bytes_view(data).subspan(segment_preamble_bytes)));
  return data;
}

result<std::size_t> segment_header_size(bytes_view preamble) {
  if (preamble.size() < segment_preamble_bytes) return fail(error_code::corrupt, "segment header is cut off");
  byte_reader reader(preamble);
  if (reader.get<std::uint32_t>() != segment_magic) return fail(error_code::corrupt, "this is no segment");
  const auto version = reader.get<std::uint16_t>();
  (void)reader.get<std::uint16_t>();
  const auto size = reader.get<std::uint32_t>();
  if (reader.get<std::uint32_t>() != crc32c(preamble.first(12)))
    return fail(error_code::corrupt, "beginning of the segment header does not match its checksum");
  if (version != segment_format_version)
    return fail(
        error_code::unsupported,
        fmt::format("segment has format version {}; this release reads version {}: start a release that "
                    "is at least as new as the one that wrote it",
                    version, segment_format_version));
  if (size < segment_preamble_bytes + checksum_bytes || size > largest_segment_header_bytes)
    return fail(error_code::corrupt, fmt::format("segment header claims to have {} bytes", size));
  return size;
}

result<segment_header> decode_segment_header(const shared_bytes& data) {
  const auto size = segment_header_size(data);
  if (!size) return fail(size);
  if (data.size() < *size) return fail(error_code::corrupt, "segment header is cut off");
  const shared_bytes whole = data.slice(0, *size);
  byte_reader checksum(whole.view().last(checksum_bytes));
  const bytes_view covered =
      whole.view().subspan(segment_preamble_bytes, *size - segment_preamble_bytes - checksum_bytes);
  if (checksum.get<std::uint32_t>() != crc32c(covered))
    return fail(error_code::corrupt, "segment header does not match its checksum");
  byte_reader reader(covered);
  segment_header header;
  header.group.topic_id = reader.get_uuid();
  header.group.partition = partition_id(reader.get<std::int32_t>());
  header.base_index = log_index(reader.get<std::int64_t>());
  header.base_term = term_number(reader.get<std::int64_t>());
  header.base_offset = record_offset(reader.get<std::int64_t>());
  header.base_time_ms = reader.get<std::int64_t>();
  header.log_start = record_offset(reader.get<std::int64_t>());
  header.rolling_checksum = reader.get<std::uint32_t>();
  auto members = decode_configuration(reader.get_sized());
  const bytes_view state = reader.get_sized();
  if (reader.failed()) return fail(error_code::corrupt, "segment header has lengths that do not fit");
  if (!members) return fail(members, "segment header");
  header.members = std::move(*members);
  header.application_state = shared_bytes::copy_of(state);
  return header;
}

std::uint32_t roll_checksum(std::uint32_t previous, const entry& e) {
  const std::array<std::uint8_t, 4> octets{
      static_cast<std::uint8_t>(e.checksum >> 24), static_cast<std::uint8_t>(e.checksum >> 16),
      static_cast<std::uint8_t>(e.checksum >> 8), static_cast<std::uint8_t>(e.checksum)};
  return crc32c(octets, previous);
}

std::string group_folder(const std::string& data_dir, const group_id& group) {
  return fmt::format("{}/data/{}/{}", data_dir, to_string(group.topic_id), group.partition.value());
}

std::string segment_path(const std::string& folder, log_index base_index) {
  return fmt::format("{}/{:020}.segment", folder, base_index.value());
}

std::string segment_index_path(const std::string& folder, log_index base_index) {
  return fmt::format("{}/{:020}.index", folder, base_index.value());
}

}  // namespace marquee::raft
