#include "raft/storage/wal_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/byte_codec.h"
#include "base/crc32c.h"

namespace marquee::raft {

namespace {

constexpr std::uint32_t file_magic = 0x4d574c46;
constexpr std::size_t checksum_position = 40;
constexpr std::size_t second_copy = 2048;
constexpr std::size_t fill_bytes = std::size_t{1} << 20;

result<wal_file_header> decode_copy(bytes_view data) {
  if (data.size() < checksum_position + 4) return fail(error_code::corrupt, "file header is cut off");
  byte_reader reader(data);
  if (reader.get<std::uint32_t>() != file_magic) return fail(error_code::corrupt, "no file header here");
  byte_reader checksum(data.subspan(checksum_position, 4));
  if (checksum.get<std::uint32_t>() != crc32c(data.first(checksum_position)))
    return fail(error_code::corrupt, "file header does not match its checksum");
  if (const auto version = reader.get<std::uint16_t>(); version != wal_file_format_version)
    return fail(
        error_code::unsupported,
        fmt::format("the write-ahead log has format version {}; this release reads version {}: start a "
                    "release that is at least as new as the one that wrote it",
                    version, wal_file_format_version));
  wal_file_header header;
  header.begins_checkpoint = reader.get<std::uint8_t>() != 0;
  (void)reader.get<std::uint8_t>();
  header.generation = reader.get<std::uint64_t>();
  header.first_lsn = reader.get<std::uint64_t>();
  header.file_bytes = reader.get<std::uint64_t>();
  header.durable_lsn = reader.get<std::uint64_t>();
  return header;
}

result<> fill_with_zeros(file& target, std::uint64_t size) {
  const bytes zeros(std::min<std::uint64_t>(fill_bytes, size));
  for (std::uint64_t position = 0; position < size; position += zeros.size()) {
    const std::array<bytes_view, 1> part{
        bytes_view(zeros).first(std::min<std::uint64_t>(zeros.size(), size - position))};
    if (auto written = target.write_at(position, part); !written) return written;
  }
  return target.sync();
}

}  // namespace

bytes encode_wal_file_header(const wal_file_header& header) {
  bytes copy;
  byte_writer writer(copy);
  writer.put<std::uint32_t>(file_magic);
  writer.put<std::uint16_t>(wal_file_format_version);
  writer.put<std::uint8_t>(header.begins_checkpoint ? 1 : 0);
  writer.put<std::uint8_t>(0);
  writer.put<std::uint64_t>(header.generation);
  writer.put<std::uint64_t>(header.first_lsn);
  writer.put<std::uint64_t>(header.file_bytes);
  writer.put<std::uint64_t>(header.durable_lsn);
  writer.put<std::uint32_t>(crc32c(copy));
  bytes block(wal_first_record);
  std::copy(copy.begin(), copy.end(), block.begin());
  std::copy(copy.begin(), copy.end(), block.begin() + second_copy);
  return block;
}

result<wal_file_header> decode_wal_file_header(bytes_view block) {
  auto first = decode_copy(block);
  if (block.size() < wal_first_record) return first;
  auto second = decode_copy(block.subspan(second_copy));
  if (!first) {
    const bool first_is_newer = first.error().code == error_code::unsupported;
    return second && !first_is_newer ? second : first;
  }
  return second && second->generation > first->generation ? second : first;
}

std::string wal_folder(const std::string& data_dir) {
  return data_dir + "/wal";
}

std::string wal_path(const std::string& data_dir, std::uint32_t number) {
  return fmt::format("{}/{:08}.wal", wal_folder(data_dir), number);
}

result<wal_slot> create_wal_slot(file_system& files, const std::string& data_dir, std::uint32_t number,
                                 std::uint64_t file_bytes) {
  wal_slot slot{number, wal_path(data_dir, number), nullptr};
  auto opened = files.open(slot.path, open_mode::create_new);
  if (!opened) return fail(opened, "making a file of the write-ahead log");
  slot.handle = std::move(*opened);
  result<> done = fill_with_zeros(*slot.handle, file_bytes);
  if (done) done = files.sync_directory(wal_folder(data_dir));
  if (done) return slot;
  slot.handle.reset();
  // Best effort: a file of the wrong size is also removed at the next start.
  (void)files.remove_file(slot.path).has_value();
  return fail(done, "making a file of the write-ahead log");
}

}  // namespace marquee::raft
