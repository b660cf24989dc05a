#include "read_manager/consumer_session.h"

#include <algorithm>
#include <utility>

namespace marquee::read_manager {

namespace {
constexpr std::size_t empty_ones_when_full = 8;
}

consumer_session::consumer_session(const position_map& committed) : initial_(committed) {}

void consumer_session::set_partition_count(std::int32_t count) {
  while (partition_count() < count) {
    const auto start = initial_.find(partition_count());
    partitions_.emplace_back(start == initial_.end() ? 0 : std::max<std::int64_t>(start->second, 0));
  }
}

poll_kind consumer_session::classify(const std::optional<std::int64_t>& poll) const {
  if (!poll || !last_poll_ || *poll > *last_poll_) return poll_kind::next;
  return *poll == *last_poll_ ? poll_kind::repeat : poll_kind::too_old;
}

position_map consumer_session::begin() {
  can_undo_ = false;
  return std::exchange(to_commit_, {});
}

const delivery& consumer_session::take(const consume_request& request) {
  last_ = {last_.id + 1, {}, std::exchange(skipped_, 0)};
  last_forgotten_ = false;
  forgotten_from_.clear();
  next_before_ = next_;
  std::size_t size = 0;
  while (last_.records.size() < request.max_records) {
    std::size_t turn = next_;
    std::size_t looked_at = 0;
    for (; looked_at < partitions_.size() && partitions_[turn].empty(); ++looked_at)
      turn = (turn + 1) % partitions_.size();
    if (looked_at == partitions_.size()) break;
    partition_buffer& partition = partitions_[turn];
    const std::size_t next_size = partition.front().payload_size();
    if (!last_.records.empty() && size + next_size > request.max_bytes) break;
    size += next_size;
    // The answer stays here until the next one: it must not keep everything alive that was fetched with it.
    last_.records.push_back({static_cast<std::int32_t>(turn), copy_of(partition.take())});
    next_ = (turn + 1) % partitions_.size();
    if (request.mode == commit_mode::automatic)
      to_commit_[static_cast<std::int32_t>(turn)] = partition.position();
  }
  last_poll_ = request.poll;  // after an answer without a number no older one can be repeated
  can_undo_ = !request.poll;
  return last_;
}

void consumer_session::undo(std::int64_t delivery_id) {
  if (!can_undo_ || delivery_id != last_.id) return;
  can_undo_ = false;
  if (last_forgotten_) return go_back_to_last_answer();
  for (auto item = last_.records.rbegin(); item != last_.records.rend(); ++item)
    partitions_[static_cast<std::size_t>(item->partition)].put_back(std::move(item->record));
  next_ = next_before_;
  skipped_ += last_.skipped;
  last_.records.clear();
  to_commit_.clear();  // everything older was handed out by `begin`
}

void consumer_session::forget_last_answer() {
  if (last_.records.empty()) return;
  for (const delivered_record& item : last_.records)
    forgotten_from_.try_emplace(item.partition, item.record.offset);
  last_.records.clear();
  last_.records.shrink_to_fit();
  last_forgotten_ = true;
}

void consumer_session::go_back_to_last_answer() {
  for (const auto& [number, offset] : std::exchange(forgotten_from_, {}))
    partitions_[static_cast<std::size_t>(number)].seek(offset);
  next_ = next_before_;
  skipped_ += last_.skipped;
  last_forgotten_ = false;
  to_commit_.clear();
}

std::size_t consumer_session::available() const {
  std::size_t count = 0;
  for (const partition_buffer& partition : partitions_) count += partition.count();
  return count;
}

std::size_t consumer_session::read_ahead_bytes() const {
  std::size_t total = 0;
  for (const partition_buffer& partition : partitions_) total += partition.held_bytes();
  return total;
}

std::size_t consumer_session::last_answer_bytes() const {
  std::size_t total = 0;
  for (const delivered_record& item : last_.records) total += item.record.size();
  return total;
}

std::size_t consumer_session::buffered_bytes() const {
  std::size_t total = 0;
  for (const partition_buffer& partition : partitions_) total += partition.bytes();
  return total;
}

bool consumer_session::starved(std::size_t max_records, std::size_t max_bytes) const {
  std::size_t records = 0;
  std::size_t size = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const partition_buffer& partition = partitions_[(next_ + i) % partitions_.size()];
    if (partition.empty() && partition.more_known()) return true;
    if (partition.empty()) continue;
    size += partition.front().payload_size();
    if (++records >= max_records || size > max_bytes) return false;
  }
  return false;
}

bool consumer_session::more_known() const {
  return std::ranges::any_of(partitions_, [](const partition_buffer& p) { return p.more_known(); });
}

std::vector<fetch_wish> consumer_session::wishes(std::size_t limit_bytes) const {
  std::vector<fetch_wish> all;
  const std::size_t share = limit_bytes / std::max<std::size_t>(partitions_.size(), 1);
  const bool full = buffered_bytes() >= limit_bytes;
  std::size_t empty_ones = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const std::size_t turn = (next_ + i) % partitions_.size();
    const partition_buffer& partition = partitions_[turn];
    // Half full is room enough; an empty one has room however small the share is, unless all of them together
    // would hold far too much.
    const bool wanted =
        partition.empty() ? !full || ++empty_ones <= empty_ones_when_full : partition.bytes() < share / 2;
    if (wanted) all.push_back({static_cast<std::int32_t>(turn), partition.fetch_offset()});
  }
  return all;
}

bool consumer_session::on_fetched(const fetch_wish& asked, const kafka::byte_chain& records,
                                  std::int64_t high_watermark, std::int64_t log_start) {
  return partitions_[static_cast<std::size_t>(asked.partition)].append(asked.offset, records, high_watermark,
                                                                       log_start);
}

void consumer_session::on_out_of_range(const fetch_wish& asked, std::int64_t log_start,
                                       std::int64_t log_end) {
  partition_buffer& partition = partitions_[static_cast<std::size_t>(asked.partition)];
  if (partition.fetch_offset() != asked.offset || (asked.offset >= log_start && asked.offset <= log_end))
    return;
  if (!partition.empty())
    return;  // what is here is still to be delivered; the question comes up again behind it
  if (asked.offset < log_start) skipped_ += log_start - asked.offset;
  partition.seek(asked.offset < log_start ? log_start : log_end);
}

void consumer_session::drop_read_ahead() {
  for (partition_buffer& partition : partitions_) partition.drop_read_ahead();
}

position_map consumer_session::reading_positions() const {
  position_map positions;
  for (std::size_t i = 0; i < partitions_.size(); ++i)
    positions[static_cast<std::int32_t>(i)] = partitions_[i].position();
  return positions;
}

void consumer_session::seek(const position_map& positions) {
  for (const auto& [number, offset] : positions) {
    if (number >= 0 && number < partition_count()) partitions_[static_cast<std::size_t>(number)].seek(offset);
    to_commit_.erase(number);
  }
  forgotten_from_.clear();
  can_undo_ = false;
  skipped_ = 0;
}

void consumer_session::skip_what_it_has(const position_map& committed) {
  for (const auto& [number, offset] : committed) {
    if (number < 0 || number >= partition_count()) continue;
    partition_buffer& partition = partitions_[static_cast<std::size_t>(number)];
    if (partition.position() < offset) partition.seek(offset);
  }
}

const partition_buffer* consumer_session::partition(std::int32_t number) const {
  return number < 0 || number >= partition_count() ? nullptr : &partitions_[static_cast<std::size_t>(number)];
}

}  // namespace marquee::read_manager
