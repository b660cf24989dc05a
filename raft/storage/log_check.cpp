#include "raft/storage/log_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "raft/core/entry_codec.h"
#include "raft/storage/group_recovery.h"
#include "raft/storage/log_listing.h"
#include "raft/storage/segment_cursor.h"
#include "raft/storage/segment_index.h"
#include "raft/storage/wal_recovery.h"

namespace marquee::raft {

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::uint64_t largest_index_bytes = std::uint64_t{64} << 20;

class log_checker {
 public:
  log_checker(file_system& files, std::string data_dir, const log_selection& wanted,
              const std::function<void(const log_finding&)>& report)
      : files_(files), data_dir_(std::move(data_dir)), wanted_(wanted), report_(report) {}

  result<log_check_summary> run() {
    if (auto checked = check_wal_files(); !checked) return fail(checked);
    const auto recovered =
        recover_wal(files_, data_dir_, [this](const group_id& group, const entry_pointer& pointer) {
          return read_pointed_entry(files_, group_folder(data_dir_, group), pointer);
        });
    if (!recovered) {
      found(log_finding::weight::damage, data_dir_ + "/wal", std::nullopt, std::nullopt,
            recovered.error().message);
      return summary_;
    }
    if (recovered->torn_tail)
      found(
          log_finding::weight::note, data_dir_ + "/wal", std::nullopt, std::nullopt,
          "ends with something half written, which the next start leaves out: " + recovered->torn_tail_place);
    const auto groups = group_folders(files_, data_dir_);
    if (!groups) return fail(groups);
    for (const found_group& group : *groups) {
      if (recovered->groups.find(group.group) != nullptr) continue;
      if (wanted_.group && *wanted_.group != group.group) continue;
      found(log_finding::weight::note, group.folder, std::nullopt, group.group,
            "the write-ahead log does not know this group: a start leaves the folder alone");
    }
    for (const auto& [group, logged] : recovered->groups.groups())
      if (!wanted_.group || *wanted_.group == group) check_group(group, logged);
    return summary_;
  }

 private:
  void found(log_finding::weight how, const std::string& file, std::optional<std::uint64_t> position,
             std::optional<group_id> group, const std::string& what) {
    if (how == log_finding::weight::damage) ++summary_.damages;
    report_({how, file, position, group, what});
  }
  void damaged(const std::string& file, std::optional<std::uint64_t> position, const group_id& group,
               const std::string& what) {
    found(log_finding::weight::damage, file, position, group, what);
  }

  result<> check_wal_files() {
    const auto numbers = wal_file_numbers(files_, data_dir_);
    if (!numbers) return fail(numbers);
    // Up to here everything was synced: what is not sound before it is damage, after it a torn tail.
    std::uint64_t durable = 0;
    std::vector<std::pair<log_finding, std::uint64_t>> suspects;
    for (const std::uint32_t number : *numbers) {
      ++summary_.wal_files;
      const auto scan = scan_wal_file(files_, wal_path(data_dir_, number), number);
      if (!scan) {
        found(log_finding::weight::damage, wal_path(data_dir_, number), std::nullopt, std::nullopt,
              scan.error().message);
        continue;
      }
      durable = std::max(durable, scan->durable_lsn);
      if (!scan->header)
        found(log_finding::weight::note, scan->path, 0, std::nullopt,
              "has no header: never used, or damaged");
      summary_.wal_records += scan->records.size();
      for (const scanned_record& record : scan->records)
        if (!record.payload_intact) suspects.emplace_back(suspect(scan->path, record), record.header.lsn);
    }
    for (auto& [finding, lsn] : suspects) {
      if (lsn > durable) {
        finding.how = log_finding::weight::note;
        finding.what += "; it was never acknowledged: a torn tail";
      }
      found(finding.how, finding.file, finding.position, finding.group, finding.what);
    }
    return {};
  }

  static log_finding suspect(const std::string& path, const scanned_record& record) {
    const wal_record_header& header = record.header;
    if (!record.header_intact)
      return {log_finding::weight::damage, path, header.position, std::nullopt,
              fmt::format("record {} cannot be read at all: any group may have lost an entry", header.lsn)};
    return {log_finding::weight::damage, path, header.position, header.group,
            fmt::format("record {} ({}) does not match its checksum", header.lsn, to_string(header.type))};
  }

  void check_group(const group_id& group, const logged_group& logged) {
    ++summary_.groups;
    const std::string folder = group_folder(data_dir_, group);
    if (!logged.facts.damage.empty()) damaged(data_dir_ + "/wal", std::nullopt, group, logged.facts.damage);
    if (logged.relaxed.state == relaxed_state::in_doubt)
      found(log_finding::weight::note, data_dir_ + "/wal", std::nullopt, group,
            "is in doubt: it may have lost entries and has not been filled again since");
    const auto bases = segment_bases(files_, folder);
    if (!bases) return damaged(folder, std::nullopt, group, bases.error().message);
    std::optional<segment_index> before;
    for (const log_index base : *bases) {
      const std::string path = segment_path(folder, base);
      if (base > logged.facts.segments.base_index) {
        found(log_finding::weight::note, path, std::nullopt, group,
              "was begun by a checkpoint that was not completed: the next start removes it");
        continue;
      }
      const bool active = base == logged.facts.segments.base_index;
      before = check_segment(path, group, base, active ? &logged.facts.segments : nullptr, before);
    }
    const auto first = bases->empty() ? log_index(0) : bases->front();
    if (bases->empty() || first > logged.facts.log_start.index)
      damaged(folder, std::nullopt, group,
              fmt::format("the log begins with entry {}, but no segment holds it",
                          logged.facts.log_start.index.value()));
    if (!std::ranges::binary_search(*bases, logged.facts.segments.base_index))
      damaged(segment_path(folder, logged.facts.segments.base_index), std::nullopt, group,
              fmt::format("is missing; entries up to {} had been synced",
                          logged.facts.segments.last_index.value()));
    for (const entry& e : logged.tail) summary_.entries += e.index >= wanted_.from ? 1 : 0;
  }

  /// Gives what the next segment has to go on from; nothing after damage.
  std::optional<segment_index> check_segment(const std::string& path, const group_id& group, log_index base,
                                             const segment_position* expected,
                                             const std::optional<segment_index>& before) {
    ++summary_.segments;
    auto opened = open_segment_to_read(files_, path);
    if (!opened) {
      damaged(path, 0, group, opened.error().message);
      return std::nullopt;
    }
    if (opened->header.group != group || opened->header.base_index != base)
      damaged(path, 0, group, "its header names another group or another first entry than its name");
    if (before && (before->last_index() + 1 != base || before->last_term() != opened->header.base_term ||
                   before->next_offset() != opened->header.base_offset ||
                   before->rolling_checksum() != opened->header.rolling_checksum))
      damaged(path, 0, group, "does not go on where the segment before it ends");
    segment_index index(opened->header, opened->header_bytes);
    const std::uint64_t end =
        expected == nullptr ? opened->file_bytes : std::min(expected->file_bytes, opened->file_bytes);
    segment_cursor cursor(*opened->handle, opened->header_bytes, end, piece_bytes);
    while (true) {
      const std::uint64_t position = index.file_bytes();
      const auto header = cursor.peek();
      if (header && !*header) break;
      auto next = header ? cursor.take() : result<entry>(fail(header));
      result<> added = next ? index.add(*next) : fail(next);
      if (!added) {
        damaged(
            path, position, group,
            fmt::format("{}; the last sound entry is {}", added.error().message, index.last_index().value()));
        return std::nullopt;
      }
      ++summary_.entries;
    }
    if (expected != nullptr) check_end(path, group, index, *opened, *expected);
    if (expected == nullptr) check_index(path, group, index);
    return index;
  }

  void check_end(const std::string& path, const group_id& group, const segment_index& index,
                 const opened_segment& opened, const segment_position& expected) {
    if (opened.file_bytes > expected.file_bytes)
      found(log_finding::weight::note, path, expected.file_bytes, group,
            "holds more than the last checkpoint says: the next start cuts it off");
    if (index.last_index() != expected.last_index || index.rolling_checksum() != expected.rolling_checksum)
      damaged(path, index.file_bytes(), group,
              fmt::format("ends with entry {}, but entries up to {} had been synced, or others",
                          index.last_index().value(), expected.last_index.value()));
  }

  void check_index(const std::string& path, const group_id& group, const segment_index& index) {
    const std::string index_path = path.substr(0, path.size() - std::string(".segment").size()) + ".index";
    const auto content = read_file(files_, index_path, largest_index_bytes);
    const auto stored = content ? segment_index::decode(*content) : result<segment_index>(fail(content));
    if (!stored || *stored != index)
      found(log_finding::weight::note, index_path, std::nullopt, group,
            "is missing or not that of its segment: the next start makes it again");
  }

  file_system& files_;
  const std::string data_dir_;
  const log_selection& wanted_;
  const std::function<void(const log_finding&)>& report_;
  log_check_summary summary_;
};

}  // namespace

result<std::unique_ptr<file_lock>> lock_data_dir(file_system& files, const std::string& data_dir) {
  const std::string path = data_dir + "/lock";
  const auto there = files.exists(path);
  if (!there) return fail(there);
  if (!*there)
    return fail(error_code::not_found, path + " is not there: this is no data directory of a broker");
  auto lock = files.lock(path);
  if (!lock && lock.error().code == error_code::refused)
    return fail(error_code::refused,
                "a broker runs on " + data_dir + ": stop it first, what it is writing would look damaged");
  return lock;
}

result<log_check_summary> check_log(file_system& files, const std::string& data_dir,
                                    const log_selection& wanted,
                                    const std::function<void(const log_finding&)>& report) {
  return log_checker(files, data_dir, wanted, report).run();
}

}  // namespace marquee::raft
