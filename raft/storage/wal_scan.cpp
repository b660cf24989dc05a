#include "raft/storage/wal_scan.h"

#include <algorithm>
#include <utility>

#include "base/crc32c.h"

namespace marquee::raft {

namespace {

bool is_record(const result<wal_record_header>& header, const scanned_wal_file& scan, std::uint64_t position,
               std::uint64_t lsn, std::uint64_t file_bytes) {
  return header && header->generation == scan.header->generation && header->position == position &&
         header->lsn == lsn && header->span <= file_bytes - position;
}

/// The place after `position` where the record `lsn` stands.
std::optional<std::uint64_t> find_record(bytes_view view, const scanned_wal_file& scan,
                                         std::uint64_t position, std::uint64_t lsn) {
  for (position += wal_record_alignment; position + wal_record_header_bytes <= view.size();
       position += wal_record_alignment)
    if (view[position] == 'M' &&
        is_record(decode_wal_header(view.subspan(position)), scan, position, lsn, view.size()))
      return position;
  return std::nullopt;
}

/// Follows the spans from the first record on.
result<> walk(const bytes& content, scanned_wal_file& scan) {
  std::uint64_t position = wal_first_record;
  std::uint64_t lsn = scan.header->first_lsn;
  const bytes_view view(content);
  while (position + wal_record_header_bytes <= content.size()) {
    auto header = decode_wal_header(view.subspan(position));
    if (!header && header.error().code == error_code::unsupported)
      return fail(header, scan.path + " at byte " + std::to_string(position));
    if (!is_record(header, scan, position, lsn, content.size())) {
      const auto next = find_record(view, scan, position, lsn + 1);
      if (!next) break;
      scanned_record lost{{}, false, false};
      lost.header.lsn = lsn;
      lost.header.position = position;
      lost.header.span = static_cast<std::uint32_t>(*next - position);
      scan.records.push_back(lost);
      position = *next;
      ++lsn;
      continue;
    }
    const bytes_view payload = view.subspan(position + wal_record_header_bytes, header->payload_bytes);
    scan.records.push_back({*header, crc32c(payload) == header->payload_checksum});
    position += header->span;
    ++lsn;
  }
  scan.end_position = position;
  return {};
}

/// Looks everywhere else for records that are sound in themselves.
void search(const bytes& content, std::uint64_t from, scanned_wal_file& scan) {
  const bytes_view view(content);
  for (std::uint64_t position = from; position + wal_record_header_bytes <= content.size();
       position += wal_record_alignment) {
    if (view[position] != 'M') continue;
    const auto header = decode_wal_header(view.subspan(position));
    if (!header || header->position != position) continue;
    scan.durable_lsn = std::max(scan.durable_lsn, header->durable_lsn);
    scan.highest_generation = std::max(scan.highest_generation, header->generation);
  }
}

}  // namespace

result<bytes> read_wal_file(file_system& files, const std::string& path) {
  auto opened = files.open(path, open_mode::read);
  if (!opened) return fail(opened);
  const auto size = (*opened)->size();
  if (!size) return fail(size);
  bytes content(*size);
  const auto got = (*opened)->read_at(0, content);
  if (!got) return fail(got);
  content.resize(*got);
  return content;
}

result<scanned_wal_file> scan_wal_file(file_system& files, std::string path, std::uint32_t number) {
  scanned_wal_file scan;
  scan.number = number;
  scan.path = std::move(path);
  const auto content = read_wal_file(files, scan.path);
  if (!content) return fail(content, "reading the write-ahead log");
  scan.size = content->size();
  scan.end_position = wal_first_record;
  auto header = decode_wal_file_header(bytes_view(*content).first(std::min(wal_first_record, scan.size)));
  if (!header && header.error().code == error_code::unsupported) return fail(header, scan.path);
  if (header) {
    scan.header = *header;
    scan.highest_generation = header->generation;
    scan.durable_lsn = header->durable_lsn;
    if (auto walked = walk(*content, scan); !walked) return fail(walked);
    for (const scanned_record& record : scan.records)
      scan.durable_lsn = std::max(scan.durable_lsn, record.header.durable_lsn);
  }
  search(*content, scan.end_position, scan);
  return scan;
}

}  // namespace marquee::raft
