#include "raft/storage/wal_recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "raft/storage/wal_scan.h"

namespace marquee::raft {

namespace {

std::optional<std::uint32_t> number_of(const std::string& name) {
  if (name.size() != 12 || !name.ends_with(".wal")) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + 8, number);
  if (failed != std::errc() || end != name.data() + 8) return std::nullopt;
  return number;
}

/// The files that begin with a header, by generation, and how much of each counts.
class wal_chain {
 public:
  wal_chain(file_system& files, const std::vector<scanned_wal_file>& scans) : files_(files) {
    for (const scanned_wal_file& scan : scans) {
      durable_lsn_ = std::max(durable_lsn_, scan.durable_lsn);
      if (scan.header) ordered_.push_back(&scan);
    }
    std::ranges::sort(ordered_, {}, [](const scanned_wal_file* s) { return s->header->generation; });
  }

  [[nodiscard]] std::uint64_t durable_lsn() const { return durable_lsn_; }
  [[nodiscard]] bool empty() const { return ordered_.empty(); }

  /// Place in the order of the file that begins the newest complete checkpoint.
  [[nodiscard]] std::optional<std::size_t> newest_checkpoint() const {
    for (std::size_t i = ordered_.size(); i-- > 0;)
      if (ordered_[i]->header->begins_checkpoint && complete(i)) return i;
    return std::nullopt;
  }

  /// Replays from there on into `target`.
  result<> replay(std::size_t start, recovered_wal& target, const logged_group_table::read_pointer& read) {
    target.last_lsn = ordered_[start]->header->first_lsn - 1;
    std::optional<std::size_t> at = start;
    for (bool first = true; at; at = next_of(*at), first = false) {
      const scanned_wal_file& scan = *ordered_[*at];
      if (!first && scan.header->begins_checkpoint) break;  // one that was not completed
      target.live_files.push_back(scan.number);
      auto replayed = replay_file(scan, counted(*at), target, read);
      if (!replayed) return fail(replayed);
      end_path_ = scan.path;
      end_position_ = *replayed;
      if (torn_) break;
    }
    if (target.last_lsn < durable_lsn_) return damaged_in_the_middle(target.last_lsn + 1);
    return {};
  }

  [[nodiscard]] std::string end_place() const {
    return fmt::format("{} at byte {}", end_path_, end_position_);
  }

  [[nodiscard]] failure damaged_in_the_middle(std::uint64_t lsn) const {
    return fail(
        error_code::corrupt,
        fmt::format("the write-ahead log is damaged in the middle: record {} ({}) cannot be read, but "
                    "later records say that everything up to record {} was on disk. Acknowledged data "
                    "may be lost here. Restore the disk, or give this broker an empty data directory "
                    "so that it is filled again from its peers",
                    lsn, end_place(), durable_lsn_));
  }

 private:
  /// The file that goes on where this one ends.
  [[nodiscard]] std::optional<std::size_t> next_of(std::size_t i) const {
    if (i + 1 == ordered_.size()) return std::nullopt;
    const scanned_wal_file& scan = *ordered_[i];
    const wal_file_header& next = *ordered_[i + 1]->header;
    const std::uint64_t end = scan.header->first_lsn + scan.records.size();
    // One that begins before this one does was begun by a recovery that had to leave this one out.
    if (next.generation != scan.header->generation + 1 || next.first_lsn > end ||
        next.first_lsn < scan.header->first_lsn)
      return std::nullopt;
    return i + 1;
  }
  /// Records of the file that come before the next one's first.
  [[nodiscard]] std::size_t counted(std::size_t i) const {
    const auto next = next_of(i);
    if (!next) return ordered_[i]->records.size();
    return ordered_[*next]->header->first_lsn - ordered_[i]->header->first_lsn;
  }
  [[nodiscard]] bool complete(std::size_t start) const {
    for (std::optional<std::size_t> at = start; at; at = next_of(*at)) {
      const scanned_wal_file& scan = *ordered_[*at];
      if (*at != start && scan.header->begins_checkpoint) return false;
      for (std::size_t i = 0; i < counted(*at); ++i) {
        const scanned_record& record = scan.records[i];
        // A torn checkpoint was written but not synced; without the sync nothing in it was acknowledged.
        if (!record.payload_intact && record.header.lsn > durable_lsn_) return false;
        if (record.header.type == wal_record_type::checkpoint_end) return true;
      }
    }
    return false;
  }

  /// Gives the position after the last record that was used.
  result<std::uint64_t> replay_file(const scanned_wal_file& scan, std::size_t count, recovered_wal& target,
                                    const logged_group_table::read_pointer& read) {
    const auto content = read_wal_file(files_, scan.path);
    if (!content) return fail(content, "reading the write-ahead log");
    std::uint64_t position = wal_first_record;
    for (std::size_t i = 0; i < count; ++i) {
      const scanned_record& record = scan.records[i];
      position = record.header.position;
      if (!record.payload_intact && record.header.lsn > durable_lsn_) {
        torn_ = true;
        return position;
      }
      if (auto used = use(record, *content, scan.path, target, read); !used) return fail(used);
      target.last_lsn = record.header.lsn;
      position += record.header.span;
    }
    return position;
  }

  result<> use(const scanned_record& record, const bytes& content, const std::string& path,
               recovered_wal& target, const logged_group_table::read_pointer& read) {
    const wal_record_header& header = record.header;
    const std::string place = fmt::format("{} at byte {} (record {}, {})", path, header.position, header.lsn,
                                          to_string(header.type));
    if (!record.header_intact) return lose_unknown(header, path, target);
    if (!record.payload_intact) {
      if (header.group == group_id{})
        return fail(error_code::corrupt, "the write-ahead log is damaged in " + place);
      note_damage(target, header, place);
      return {};
    }
    // Whose creation may have been in a record that was lost is no stranger.
    const bool makes_it =
        header.type == wal_record_type::group_created || header.type == wal_record_type::checkpoint_group;
    if (lost_something_ && header.group != group_id{} && !makes_it &&
        target.groups.find(header.group) == nullptr && !target.groups.was_removed(header.group)) {
      note_damage(target, {.type = wal_record_type::group_created, .group = header.group}, place);
      return {};
    }
    const bytes_view payload =
        bytes_view(content).subspan(header.position + wal_record_header_bytes, header.payload_bytes);
    target.clean_stop = header.type == wal_record_type::clean_stop;
    auto replayed = target.groups.replay(header, shared_bytes::copy_of(payload), read);
    if (replayed) return {};
    if (replayed.error().code != error_code::corrupt || header.group == group_id{})
      return fail(replayed, place);
    note_damage(target, header, place);
    return {};
  }

  /// Nobody knows what it said and to whom. Any group may have lost entries; no vote, because those are
  /// written twice.
  result<> lose_unknown(const wal_record_header& header, const std::string& path, recovered_wal& target) {
    if (!target.groups.session().writes_votes_twice) return damaged_in_the_middle(header.lsn);
    lost_something_ = true;
    target.groups.lose_something(
        fmt::format("{} at byte {} (record {}, of which nothing can be read) is damaged", path,
                    header.position, header.lsn));
    return {};
  }

  static void note_damage(recovered_wal& target, const wal_record_header& header, const std::string& place) {
    // A group whose own creation cannot be read must still be known, so that nobody takes it for a new one.
    if (target.groups.find(header.group) == nullptr) {
      target.groups.create(header.group, {});
      target.groups.damage(header.group, place +
                                             " is damaged, and this group's creation with it: its replica "
                                             "takes no part until it is replaced");
      return;
    }
    target.groups.lose(header, place + " is damaged");
  }

  file_system& files_;
  std::vector<const scanned_wal_file*> ordered_;
  std::uint64_t durable_lsn_ = 0;
  bool torn_ = false;
  bool lost_something_ = false;
  std::string end_path_;
  std::uint64_t end_position_ = 0;
};

}  // namespace

result<recovered_wal> recover_wal(file_system& files, const std::string& data_dir,
                                  const logged_group_table::read_pointer& read) {
  recovered_wal recovered;
  const auto names = files.list(wal_folder(data_dir));
  if (!names) return fail(names, "looking for the write-ahead log");
  std::vector<scanned_wal_file> scans;
  for (const std::string& name : *names) {
    const auto number = number_of(name);
    if (!number) continue;
    auto scan = scan_wal_file(files, wal_path(data_dir, *number), *number);
    if (!scan) return fail(scan);
    recovered.files.push_back(*number);
    recovered.last_generation = std::max(recovered.last_generation, scan->highest_generation);
    scans.push_back(std::move(*scan));
  }
  wal_chain chain(files, scans);
  const auto start = chain.newest_checkpoint();
  if (!start) {
    // The very first checkpoint was not completed, so nothing was ever acknowledged.
    if (chain.durable_lsn() == 0) {
      recovered.is_new = true;
      return recovered;
    }
    return fail(
        error_code::corrupt,
        fmt::format("the write-ahead log in {} has no complete checkpoint, but its records say that "
                    "everything up to record {} was on disk. Restore the disk, or give this broker an "
                    "empty data directory so that it is filled again from its peers",
                    wal_folder(data_dir), chain.durable_lsn()));
  }
  if (auto replayed = chain.replay(*start, recovered, read); !replayed) return fail(replayed);
  recovered.groups.settle_losses();
  recovered.torn_tail_place = chain.end_place();
  for (const scanned_wal_file& scan : scans)
    recovered.torn_tail |= scan.header && scan.header->generation == recovered.last_generation &&
                           scan.header->first_lsn + scan.records.size() > recovered.last_lsn + 1;
  return recovered;
}

}  // namespace marquee::raft
