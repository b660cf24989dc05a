#include "raft/storage/stored_group_log.h"

#include <utility>

namespace marquee::raft {

namespace {

wal_record small_record(wal_record_type type, const group_id& group, bytes payload) {
  wal_record record;
  record.type = type;
  record.group = group;
  record.front = std::move(payload);
  return record;
}

}  // namespace

stored_group_log::stored_group_log(group_id group, std::shared_ptr<group_storage> storage, flush_queue& queue,
                                   segment_remover& remover, relaxed_mark mark)
    : group_(group), storage_(std::move(storage)), queue_(queue), remover_(remover), mark_(mark) {}

relaxed_mark stored_group_log::mark_for(const persist_request& request, durability wanted) const {
  relaxed_mark next = mark_;
  const bool relaxed = wanted == durability::relaxed || declared_ == durability::relaxed;
  if (request.settles_doubt) {
    next.state = relaxed ? relaxed_state::relaxed : relaxed_state::durable;
  } else if (mark_.state != relaxed_state::in_doubt && !request.entries.empty()) {
    if (relaxed) next.state = relaxed_state::relaxed;
    // The sync that this record waits for covers everything relaxed before it.
    if (declared_ == durability::durable && !relaxed) next.state = relaxed_state::durable;
  }
  return next;
}

result<> stored_group_log::persist(const persist_request& request, durability wanted, persist_done done) {
  if (auto writable = storage_->check_writable(); !writable) return writable;
  flush_item item;
  item.group = group_;
  item.wanted = wanted;
  item.done = std::move(done);
  item.records.reserve(request.entries.size() + 4);
  // Twice: a vote that is forgotten can be given again, a lost entry can be sent again.
  for (int copy = 0; request.hard && copy < 2; ++copy)
    item.records.push_back(
        small_record(wal_record_type::hard_state, group_, encode_hard_state(*request.hard)));
  if (request.truncate_from)
    item.records.push_back(
        small_record(wal_record_type::truncate, group_, encode_number(request.truncate_from->value())));
  const relaxed_mark mark = mark_for(request, wanted);
  if (mark != mark_)
    item.records.push_back(small_record(wal_record_type::relaxed_mark, group_, encode_relaxed_mark(mark)));
  // Whatever the topic says, these must survive a power loss (DESIGN D4).
  if (!item.records.empty()) item.wanted = durability::durable;
  for (const entry& e : request.entries) {
    if (e.type == entry_type::configuration || e.type == entry_type::marker ||
        e.type == entry_type::log_start)
      item.wanted = durability::durable;
    item.records.push_back(wal_record::of_entry(group_, e));
  }
  item.apply = [group = group_, request, mark](logged_group_table& groups) {
    groups.persist(group, request);
    groups.set_relaxed(group, mark);
  };
  const space_claim claim = request.entries.empty() ? space_claim::urgent : space_claim::ordinary;
  if (auto taken = queue_.submit(std::move(item), claim); !taken) return taken;
  mark_ = mark;
  storage_->append(request);
  return {};
}

std::optional<error> stored_group_log::damage_met() {
  const auto met = storage_->damage_met();
  if (!met) return std::nullopt;
  // Without its index the next start reads the segment entry by entry.
  if (!std::exchange(damage_was_told_, true)) remover_.forget_index(storage_->folder(), met->segment_base);
  return met->what;
}

void stored_group_log::raise_log_start(const log_start_mark& mark) {
  if (!storage_->raise_log_start(mark)) return;
  log_start_unwritten_ = true;
  drop_old_segments();
}

void stored_group_log::drop_old_segments() {
  for (std::shared_ptr<segment>& each : storage_->take_old_segments()) old_.push_back(std::move(each));
  if (log_start_unwritten_ || !old_.empty()) write_log_start();
}

void stored_group_log::write_log_start() {
  const log_start_mark mark = storage_->log_start();
  flush_item item;
  item.group = group_;
  item.records.push_back(small_record(wal_record_type::log_start, group_, encode_log_start(mark)));
  item.apply = [group = group_, mark](logged_group_table& groups) { groups.raise_log_start(group, mark); };
  item.done = [&remover = remover_, folder = storage_->folder(), old = old_](const auto& written) {
    if (written) remover.remove(folder, old);
  };
  // If the log has no room, the next call tries again.
  if (!queue_.submit(std::move(item), space_claim::urgent)) return;
  log_start_unwritten_ = false;
  old_.clear();
}

}  // namespace marquee::raft
