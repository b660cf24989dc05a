#include "raft/storage/log_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/uuid.h"
#include "raft/core/entry_codec.h"
#include "raft/storage/group_recovery.h"
#include "raft/storage/log_check.h"
#include "raft/storage/segment_cursor.h"
#include "raft/storage/wal_file.h"
#include "raft/storage/wal_payload.h"

namespace marquee::raft {

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;

std::string text_of(const hard_state& hard) {
  return fmt::format("term {}, voted for {}", hard.term.value(),
                     hard.voted_for ? to_string(*hard.voted_for) : std::string("nobody"));
}

/// What a record that is no entry says.
std::string text_of(wal_record_type type, bytes_view payload) {
  switch (type) {
    case wal_record_type::group_created:
    case wal_record_type::checkpoint_group: {
      const auto facts = decode_group_facts(payload);
      if (!facts) return facts.error().message;
      return fmt::format("{}; segments up to entry {} (file {}, {} bytes); log start: entry {}, offset {}{}",
                         text_of(facts->hard), facts->segments.last_index.value(),
                         facts->segments.base_index.value(), facts->segments.file_bytes,
                         facts->log_start.index.value(), facts->log_start.offset.value(),
                         facts->damage.empty() ? "" : "; DAMAGED: " + facts->damage);
    }
    case wal_record_type::hard_state: {
      const auto hard = decode_hard_state(payload);
      return hard ? text_of(*hard) : hard.error().message;
    }
    case wal_record_type::truncate:
    case wal_record_type::commit_mark:
    case wal_record_type::checkpoint_begin:
    case wal_record_type::checkpoint_end: {
      const auto number = decode_number(payload);
      return number ? std::to_string(*number) : number.error().message;
    }
    case wal_record_type::log_start: {
      const auto mark = decode_log_start(payload);
      return mark ? fmt::format("entry {}, offset {}", mark->index.value(), mark->offset.value())
                  : mark.error().message;
    }
    case wal_record_type::session: {
      const auto session = decode_session(payload);
      return session ? "boot " + session->kernel_boot_id : session.error().message;
    }
    case wal_record_type::relaxed_mark: {
      const auto mark = decode_relaxed_mark(payload);
      if (!mark) return mark.error().message;
      const char* const states[] = {"durable", "relaxed", "in doubt"};
      return fmt::format("{}, losses so far: {}", states[static_cast<std::size_t>(mark->state)],
                         mark->losses);
    }
    default:
      return "";
  }
}

bool is_wanted(const log_selection& wanted, const std::optional<group_id>& group) {
  return !wanted.group || !group || *group == group_id{} || *wanted.group == *group;
}

void show_record(const scanned_wal_file& scan, const scanned_record& record, const bytes& content,
                 const log_selection& wanted, const std::function<void(const log_item&)>& show) {
  log_item item{scan.path, record.header.position, record.header, std::nullopt, record.header.group, ""};
  if (!record.header_intact) {
    item.group = std::nullopt;
    item.text = "CANNOT BE READ";
    return show(item);
  }
  if (!is_wanted(wanted, item.group)) return;
  const std::size_t begin = record.header.position + wal_record_header_bytes;
  // Another process may have made the file shorter since.
  if (begin + record.header.payload_bytes > content.size()) return;
  const bytes_view payload = bytes_view(content).subspan(begin, record.header.payload_bytes);
  if (!record.payload_intact) {
    item.text = "PAYLOAD DAMAGED: it does not match its checksum";
    return show(item);
  }
  if (record.header.type != wal_record_type::append) {
    item.text = text_of(record.header.type, payload);
    return show(item);
  }
  auto content_of = decode_entry(shared_bytes::copy_of(payload));
  if (content_of && content_of->index < wanted.from) return;
  if (content_of)
    item.content = std::move(*content_of);
  else
    item.text = content_of.error().message;
  show(item);
}

void list_segment(file_system& files, const std::string& path, const found_group& group,
                  const log_selection& wanted, const std::function<void(const log_item&)>& show) {
  log_item item{path, 0, std::nullopt, std::nullopt, group.group, ""};
  auto opened = open_segment_to_read(files, path);
  if (!opened) {
    item.text = "CANNOT BE READ: " + opened.error().message;
    return show(item);
  }
  item.text = fmt::format("segment from entry {} on, offset {}, log start {}, state block of {} bytes",
                          opened->header.base_index.value(), opened->header.base_offset.value(),
                          opened->header.log_start.value(), opened->header_bytes);
  show(item);
  segment_cursor cursor(*opened->handle, opened->header_bytes, opened->file_bytes, piece_bytes);
  item.position = opened->header_bytes;
  while (true) {
    item.content.reset();
    const auto header = cursor.peek();
    if (header && !*header) return;
    const bool skipped = header && (*header)->e.index < wanted.from;
    auto content = header && !skipped ? cursor.take() : result<entry>(fail(error_code::corrupt, ""));
    if (!header || (!skipped && !content)) {
      item.text =
          "CANNOT BE READ from here on: " + (header ? content.error().message : header.error().message);
      return show(item);
    }
    const std::size_t size = (*header)->total_bytes();
    if (skipped) {
      cursor.skip();
    } else {
      item.text = "";
      item.content = std::move(*content);
      show(item);
    }
    item.position += size;
  }
}

}  // namespace

result<std::vector<std::uint32_t>> wal_file_numbers(file_system& files, const std::string& data_dir) {
  const auto names = files.list(wal_folder(data_dir));
  if (!names) return fail(names, "looking for the write-ahead log");
  std::vector<std::uint32_t> numbers;
  for (const std::string& name : *names) {
    std::uint32_t number = 0;
    if (name.size() != 12 || !name.ends_with(".wal")) continue;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + 8, number);
    if (failed == std::errc() && end == name.data() + 8) numbers.push_back(number);
  }
  return numbers;
}

result<std::vector<found_group>> group_folders(file_system& files, const std::string& data_dir) {
  std::vector<found_group> found;
  const auto there = files.exists(data_dir + "/data");
  if (!there) return fail(there);
  if (!*there) return found;
  const auto topics = files.list(data_dir + "/data");
  if (!topics) return fail(topics);
  for (const std::string& topic : *topics) {
    const auto id = uuid::parse(topic);
    const auto partitions = files.list(data_dir + "/data/" + topic);
    if (!id || !partitions) continue;
    for (const std::string& partition : *partitions) {
      std::int32_t number = 0;
      const auto [end, failed] =
          std::from_chars(partition.data(), partition.data() + partition.size(), number);
      if (failed != std::errc() || end != partition.data() + partition.size()) continue;
      found.push_back(
          {{*id, partition_id(number)}, fmt::format("{}/data/{}/{}", data_dir, topic, partition)});
    }
  }
  return found;
}

result<opened_segment> open_segment_to_read(file_system& files, const std::string& path) {
  opened_segment opened;
  auto handle = files.open(path, open_mode::read);
  if (!handle) return fail(handle);
  opened.handle = std::move(*handle);
  const auto size = opened.handle->size();
  if (!size) return fail(size);
  opened.file_bytes = *size;
  bytes preamble(segment_preamble_bytes);
  auto got = opened.handle->read_at(0, preamble);
  if (!got) return fail(got);
  preamble.resize(*got);
  const auto header_bytes = segment_header_size(preamble);
  if (!header_bytes) return fail(header_bytes);
  if (*header_bytes > opened.file_bytes)
    return fail(error_code::corrupt, "the file ends inside its state block");
  opened.header_bytes = *header_bytes;
  bytes whole(*header_bytes);
  got = opened.handle->read_at(0, whole);
  if (!got) return fail(got);
  whole.resize(*got);
  auto header = decode_segment_header(shared_bytes::of(std::move(whole)));
  if (!header) return fail(header);
  opened.header = std::move(*header);
  return opened;
}

result<> list_log(file_system& files, const std::string& data_dir, const log_selection& wanted,
                  const std::function<void(const log_item&)>& show) {
  const auto numbers = wal_file_numbers(files, data_dir);
  if (!numbers) return fail(numbers);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_age;
  for (const std::uint32_t number : *numbers) {
    auto scan = scan_wal_file(files, wal_path(data_dir, number), number);
    if (!scan || !scan->header) {
      show({wal_path(data_dir, number), 0, std::nullopt, std::nullopt, std::nullopt,
            scan ? "no header: never used, or damaged" : scan.error().message});
      continue;
    }
    by_age.emplace_back(scan->header->generation, number);
  }
  std::ranges::sort(by_age);
  for (const auto& [generation, number] : by_age) {
    const auto scan = scan_wal_file(files, wal_path(data_dir, number), number);
    const auto content = read_wal_file(files, wal_path(data_dir, number));
    if (!scan || !content) continue;
    for (const scanned_record& record : scan->records) show_record(*scan, record, *content, wanted, show);
  }
  const auto groups = group_folders(files, data_dir);
  if (!groups) return fail(groups);
  for (const found_group& group : *groups) {
    if (!is_wanted(wanted, group.group)) continue;
    const auto bases = segment_bases(files, group.folder);
    if (!bases) return fail(bases);
    for (const log_index base : *bases)
      list_segment(files, segment_path(group.folder, base), group, wanted, show);
  }
  return {};
}

}  // namespace marquee::raft
