#include "raft/storage/flush_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "base/logging.h"

namespace marquee::raft {

namespace {

std::vector<std::uint64_t> rooms_of(const std::vector<wal_record>& records) {
  std::vector<std::uint64_t> rooms;
  rooms.reserve(records.size());
  for (const wal_record& record : records) rooms.push_back(wal_record_room(record.payload_bytes()));
  return rooms;
}

std::uint64_t bytes_of(const flush_item& item) {
  std::uint64_t total = 0;
  for (const wal_record& record : item.records) total += wal_record_room(record.payload_bytes());
  return total;
}

}  // namespace

flush_queue::flush_queue(file_system& files, const clock& time, storage_metrics& metrics,
                         flush_queue_options options, log_store::callbacks on, logged_group_table groups,
                         std::uint64_t last_lsn, std::uint64_t last_generation,
                         std::uint32_t last_file_number)
    : files_(files),
      time_(time),
      metrics_(metrics),
      options_(std::move(options)),
      on_(std::move(on)),
      space_(options_.wal_file_bytes - wal_first_record),
      last_file_number_(last_file_number),
      groups_(std::move(groups)),
      writer_(*this, last_lsn, last_generation) {}

void flush_queue::add_slots(std::vector<wal_slot> slots) {
  const std::lock_guard guard(mutex_);
  for (wal_slot& slot : slots) {
    slots_.push_back(std::move(slot));
    space_.add_file();
    ++files_made_;
  }
  metrics_.wal_files.set(files_made_);
}

result<> flush_queue::begin() {
  const std::vector<wal_record> records = groups_.checkpoint_records();
  if (auto reserved = reserve_for_checkpoint(records, free_space::use); !reserved) return reserved;
  if (auto written = write_checkpoint(records); !written) return written;
  release_files();
  return {};
}

result<> flush_queue::submit(flush_item item, space_claim claim) {
  std::unique_lock lock(mutex_);
  if (failed_) return failure(*failed_);
  if (stopping_) return fail(error_code::cancelled, "the log store has stopped");
  const std::uint64_t size = bytes_of(item);
  const std::vector<std::uint64_t> rooms = rooms_of(item.records);
  for (const std::uint64_t room : rooms)
    if (room > space_.largest_room())
      return fail(
          error_code::too_large,
          fmt::format("an entry of {} bytes does not fit into a file of the write-ahead log ({} bytes): "
                      "send less at once or raise the size of its files",
                      room, space_.largest_room()));
  if (claim == space_claim::ordinary && queued_bytes_ > 0 &&
      queued_bytes_ + size > options_.queued_bytes_most) {
    metrics_.refused.add();
    return fail(error_code::overloaded, fmt::format("{} bytes wait for the disk already", queued_bytes_));
  }
  if (!space_.claim(rooms, claim)) {
    metrics_.refused.add();
    full_ = true;
    files_wanted_ = std::max(files_wanted_, space_.files_for(rooms));
    const bool helps = wants_file_locked();
    lock.unlock();
    ready_.notify_one();
    if (helps && on_wants_file_) on_wants_file_();
    return fail(error_code::overloaded,
                "the write-ahead log is full until the next checkpoint is done, or the disk is full");
  }
  if (claim == space_claim::ordinary) files_wanted_ = 0;
  queued_bytes_ += size;
  queue_.push_back(std::move(item));
  const bool wants_file = wants_file_locked();
  // Not under the lock: whoever wakes would only wait for it.
  lock.unlock();
  ready_.notify_one();
  if (wants_file && on_wants_file_) on_wants_file_();
  return {};
}

bool flush_queue::wait() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (!queue_.empty() || (full_ && !checkpoint_asked_ && time_.monotonic_us() >= no_checkpoint_before_us_))
      return true;
    if (stopping_) return false;
    if (sync_deadline_us_ == 0) {
      ready_.wait(lock);
      continue;
    }
    const std::int64_t left_us = sync_deadline_us_ - time_.monotonic_us();
    if (left_us <= 0) return true;
    ready_.wait_for(lock, std::chrono::microseconds(left_us));
  }
}

void flush_queue::stop_waiting() {
  const std::lock_guard guard(mutex_);
  stopping_ = true;
  ready_.notify_all();
}

flush_queue::flush_work flush_queue::take_work() {
  const std::lock_guard guard(mutex_);
  flush_work work;
  std::uint64_t size = 0;
  while (!queue_.empty() && size < options_.flush_bytes_most) {
    if (queue_.front().checkpoint && !work.items.empty()) break;
    const std::uint64_t item_bytes = bytes_of(queue_.front());
    queued_bytes_ -= item_bytes;
    size += item_bytes;
    work.items.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (work.items.back().checkpoint) break;
  }
  work.sync_due = sync_deadline_us_ != 0 && time_.monotonic_us() >= sync_deadline_us_;
  return work;
}

bool flush_queue::step() {
  flush_work work = take_work();
  bool full = false;
  {
    const std::lock_guard guard(mutex_);
    full = std::exchange(full_, false);
  }
  if (work.items.empty() && !work.sync_due && !full) return false;
  if (!work.items.empty() && work.items.front().checkpoint) {
    run_checkpoint(std::move(work.items.front()));
  } else if (!work.items.empty()) {
    flush(std::move(work.items), work.sync_due);
  } else if (work.sync_due) {
    if (auto synced = sync_now(); !synced) fail_everything(synced.error(), {});
  }
  const bool may_ask = !checkpoint_asked_ && time_.monotonic_us() >= no_checkpoint_before_us_;
  if (may_ask && (full || since_checkpoint_bytes_ >= options_.checkpoint_bytes)) {
    checkpoint_asked_ = true;
    if (on_.checkpoint_wanted) on_.checkpoint_wanted();
  }
  return true;
}

/// `sync_due`: what was written before has waited long enough, whatever is in `items`.
void flush_queue::flush(std::vector<flush_item> items, bool sync_due) {
  const std::int64_t start_us = time_.monotonic_us();
  std::vector<wal_record> records;
  bool must_sync = sync_due;
  for (flush_item& item : items) {
    must_sync |= item.wanted == durability::durable;
    std::move(item.records.begin(), item.records.end(), std::back_inserter(records));
  }
  metrics_.flush_records.observe(records.size());
  if (auto written = writer_.write(records); !written)
    return fail_everything(written.error(), std::move(items));
  count_written();
  if (writer_.older().size() != closed_.size()) {
    const std::lock_guard guard(mutex_);
    note_closed_files();
  }
  const std::int64_t written_us = time_.monotonic_us();
  persist_times times{written_us - start_us, 0};
  for (flush_item& item : items)
    if (item.apply) item.apply(groups_);

  if (options_.planted_bug_acknowledge_before_sync) finish(items, times);
  // What is relaxed need not wait for the sync of the others, unless its group has something durable before
  // it: completions keep the order of the group.
  std::set<group_id> waiting;
  for (flush_item& item : items) {
    if (item.wanted == durability::durable) waiting.insert(item.group);
    if (item.done && !waiting.contains(item.group)) std::exchange(item.done, nullptr)(times);
  }
  if (must_sync || writer_.unsynced_bytes() >= options_.relaxed_sync_bytes) {
    if (auto synced = sync_now(); !synced) return fail_everything(synced.error(), std::move(items));
    times.sync_us = time_.monotonic_us() - written_us;
  } else {
    const std::lock_guard guard(mutex_);
    if (sync_deadline_us_ == 0) sync_deadline_us_ = written_us + options_.relaxed_sync_us;
  }
  metrics_.flush_us.observe(static_cast<std::uint64_t>(time_.monotonic_us() - start_us));
  finish(items, times);
}

void flush_queue::finish(std::vector<flush_item>& items, persist_times times) {
  for (flush_item& item : items)
    if (item.done) std::exchange(item.done, nullptr)(times);
}

result<> flush_queue::sync_now() {
  auto synced = writer_.sync();
  count_written();
  const std::lock_guard guard(mutex_);
  sync_deadline_us_ = 0;
  return synced;
}

result<> flush_queue::sync_all() {
  {
    const std::lock_guard guard(mutex_);
    if (failed_) return failure(*failed_);
  }
  auto synced = sync_now();
  if (!synced) fail_everything(synced.error(), {});
  return synced;
}

void flush_queue::count_written() {
  const wal_writer::counters now = writer_.count();
  metrics_.written_bytes.add(now.bytes_written - reported_.bytes_written);
  metrics_.fsyncs.add(now.syncs - reported_.syncs);
  since_checkpoint_bytes_ += now.bytes_written - reported_.bytes_written;
  reported_ = now;
}

void flush_queue::fail_everything(const error& why, std::vector<flush_item> items) {
  bool first = false;
  {
    const std::lock_guard guard(mutex_);
    first = !failed_;
    if (first)
      failed_ =
          error{why.code, why.message +
                              " (the write-ahead log takes nothing more: what is on disk is unknown; this "
                              "process has to stop, see the disk's health before it is started again)"};
    std::move(queue_.begin(), queue_.end(), std::back_inserter(items));
    queue_.clear();
    queued_bytes_ = 0;
    sync_deadline_us_ = 0;
  }
  if (first) log_error("raft.storage", "{}", failed_->message);
  for (flush_item& item : items)
    if (item.done) std::exchange(item.done, nullptr)(failure(*failed_));
  if (first && on_.on_fatal) on_.on_fatal(*failed_);
}

}  // namespace marquee::raft
