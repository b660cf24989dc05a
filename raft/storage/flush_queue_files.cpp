// The half of flush_queue that deals with files: checkpoints, and which file is written next.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"
#include "raft/storage/flush_queue.h"

namespace marquee::raft {

result<wal_slot> flush_queue::take_slot() {
  if (!checkpoint_slots_.empty()) {
    wal_slot slot = std::move(checkpoint_slots_.front());
    checkpoint_slots_.pop_front();
    return slot;
  }
  const std::lock_guard guard(mutex_);
  // `submit` has claimed the file for what is being written.
  MARQUEE_ASSERT(!slots_.empty(), "more was let into the write-ahead log than fits");
  wal_slot slot = std::move(slots_.front());
  slots_.pop_front();
  return slot;
}

std::uint32_t flush_queue::next_file_number() {
  const std::lock_guard guard(mutex_);
  return ++last_file_number_;
}

bool flush_queue::wants_file_locked() const {
  if (failed_) return false;
  // A request that is larger than all of them together would else be refused for ever.
  if (space_.free_files() < files_wanted_) return files_made_ < options_.wal_files_most + files_wanted_;
  return space_.free_files() == 0 && files_made_ < options_.wal_files_most;
}

bool flush_queue::wants_file() const {
  const std::lock_guard guard(mutex_);
  return wants_file_locked();
}

bool flush_queue::has_space_for_file() const {
  if (options_.keep_free_bytes == 0) return true;
  const auto free = files_.free_bytes(options_.data_dir);
  return !free || *free >= options_.keep_free_bytes + options_.wal_file_bytes;
}

result<> flush_queue::add_file() {
  auto slot = create_wal_slot(files_, options_.data_dir, next_file_number(), options_.wal_file_bytes);
  if (!slot) return fail(slot);
  std::vector<wal_slot> slots;
  slots.push_back(std::move(*slot));
  add_slots(std::move(slots));
  return {};
}

result<> flush_queue::reserve_for_checkpoint(const std::vector<wal_record>& records, free_space kept) {
  std::uint64_t wanted = 1;
  std::uint64_t left = space_.largest_room();
  for (const wal_record& record : records) {
    const std::uint64_t room = wal_record_room(record.payload_bytes());
    if (room > space_.largest_room())
      return fail(error_code::too_large,
                  "a checkpoint record does not fit into a file of the write-ahead log");
    if (room > left) {
      ++wanted;
      left = space_.largest_room();
    }
    left -= room;
  }
  while (checkpoint_slots_.size() < wanted) {
    bool taken = false;
    {
      const std::lock_guard guard(mutex_);
      if (space_.free_files() > 0) {
        // What is claimed already is written in order, so any of the waiting files will do.
        space_.take_file();
        checkpoint_slots_.push_back(std::move(slots_.back()));
        slots_.pop_back();
        taken = true;
      }
    }
    if (taken) continue;
    if (kept == free_space::none || (kept == free_space::keep && !has_space_for_file()))
      return fail(error_code::no_space, "making room for a checkpoint: the disk is full, or nearly");
    auto slot = create_wal_slot(files_, options_.data_dir, next_file_number(), options_.wal_file_bytes);
    if (!slot) return fail(slot, "making room for a checkpoint");
    checkpoint_slots_.push_back(std::move(*slot));
    const std::lock_guard guard(mutex_);
    metrics_.wal_files.set(++files_made_);
  }
  return {};
}

result<> flush_queue::write_checkpoint(const std::vector<wal_record>& records) {
  if (auto synced = sync_now(); !synced) return synced;
  if (auto begun = writer_.begin_file(true); !begun) return begun;
  if (auto written = writer_.write(records); !written) return written;
  auto synced = sync_now();
  // What is carried over must not ask for the next checkpoint at once.
  since_checkpoint_bytes_ = 0;
  return synced;
}

std::vector<closed_wal_file> flush_queue::closed_files() const {
  const std::lock_guard guard(mutex_);
  return closed_;
}

/// With the mutex held, before a file that is no longer among them can be taken for writing.
void flush_queue::note_closed_files() {
  closed_.clear();
  for (const wal_slot& slot : writer_.older())
    closed_.push_back({slot.number, slot.path, slot.generation, slot.used_bytes});
}

void flush_queue::release_files() {
  std::vector<wal_slot> released = writer_.complete_checkpoint();
  const std::lock_guard guard(mutex_);
  note_closed_files();
  for (wal_slot& slot : released) slots_.push_back(std::move(slot));
  for (wal_slot& slot : checkpoint_slots_) slots_.push_back(std::move(slot));
  checkpoint_slots_.clear();
  space_.restart(writer_.left_bytes(), slots_.size());
  std::vector<std::uint64_t> rooms;
  for (const flush_item& item : queue_)
    for (const wal_record& record : item.records) rooms.push_back(wal_record_room(record.payload_bytes()));
  // Each item may end a flush.
  rooms.insert(rooms.end(), queue_.size(), wal_flush_alignment);
  space_.reclaim(rooms);
}

void flush_queue::run_checkpoint(flush_item item) {
  const std::int64_t start_us = time_.monotonic_us();
  for (const segment_progress& progress : *item.checkpoint) groups_.advance(progress);
  // What the item changes counts only once it is written.
  std::optional<logged_group_table> changed;
  if (item.apply) item.apply(changed.emplace(groups_));
  const std::vector<wal_record> records = (changed ? *changed : groups_).checkpoint_records();
  checkpoint_asked_ = false;
  if (auto reserved =
          reserve_for_checkpoint(records, item.may_make_files ? free_space::keep : free_space::none);
      !reserved) {
    // The old files stay and hold everything: nothing is lost, the next checkpoint tries again.
    metrics_.failed_checkpoints.add();
    since_checkpoint_bytes_ = 0;
    no_checkpoint_before_us_ = time_.monotonic_us() + failed_checkpoint_pause_us;
    {
      const std::lock_guard guard(mutex_);
      for (wal_slot& slot : checkpoint_slots_) {
        slots_.push_back(std::move(slot));
        space_.add_file();
      }
      checkpoint_slots_.clear();
    }
    if (item.done) item.done(fail(reserved));
    return;
  }
  if (auto written = write_checkpoint(records); !written) {
    std::vector<flush_item> items;
    items.push_back(std::move(item));
    return fail_everything(written.error(), std::move(items));
  }
  if (changed) groups_ = std::move(*changed);
  release_files();
  if (item.done) item.done(persist_times{0, time_.monotonic_us() - start_us});
}

}  // namespace marquee::raft
