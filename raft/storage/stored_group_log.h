#pragma once

#include <memory>

#include "raft/storage/flush_queue.h"
#include "raft/storage/group_storage.h"
#include "raft/storage/log_store.h"
#include "raft/storage/segment_remover.h"

namespace marquee::raft {

/// What the runtime holds of a group: hands writes to the flush queue and shows them at once. Belongs to the
/// group's thread. `queue` and `remover` must outlive it.
class stored_group_log final : public group_log {
 public:
  stored_group_log(group_id group, std::shared_ptr<group_storage> storage, flush_queue& queue,
                   segment_remover& remover, relaxed_mark mark = {});

  void set_durability(durability wanted) override { declared_ = wanted; }
  [[nodiscard]] result<> persist(const persist_request& request, durability wanted,
                                 persist_done done) override;

  [[nodiscard]] log_index first_index() const override { return storage_->first_index(); }
  [[nodiscard]] log_index last_index() const override { return storage_->last_index(); }
  [[nodiscard]] std::optional<term_number> term_at(log_index index) const override {
    return storage_->term_at(index);
  }
  [[nodiscard]] result<std::vector<entry>> read(log_index from, log_index to,
                                                std::size_t max_bytes) const override {
    return storage_->read(from, to, max_bytes);
  }
  [[nodiscard]] record_offset next_offset() const override { return storage_->next_offset(); }
  [[nodiscard]] record_offset log_start_offset() const override { return storage_->log_start_offset(); }
  [[nodiscard]] result<std::vector<entry>> read_from_offset(record_offset from, record_offset below,
                                                            std::size_t max_bytes) const override {
    return storage_->read_from_offset(from, below, max_bytes);
  }
  [[nodiscard]] std::optional<log_index> first_index_at_or_after(std::int64_t append_time_ms) const override {
    return storage_->first_index_at_or_after(append_time_ms);
  }
  [[nodiscard]] configuration configuration_at(log_index index) const override {
    return storage_->configuration_at(index);
  }
  [[nodiscard]] bool needs_state_block() const override { return storage_->needs_state_block(); }
  void set_segment_bytes(std::uint64_t segment_bytes) override { storage_->set_segment_bytes(segment_bytes); }
  [[nodiscard]] std::optional<error> damage_met() override;
  [[nodiscard]] std::uint64_t size_bytes() const override { return storage_->size_bytes(); }
  [[nodiscard]] bool wants_new_segment() const override { return storage_->wants_new_segment(); }
  void end_segment_older_than(std::int64_t append_time_ms) override {
    storage_->end_segment_older_than(append_time_ms);
  }
  [[nodiscard]] std::vector<segment_summary> segments() const override { return storage_->segments(); }
  void raise_log_start(const log_start_mark& mark) override;
  void drop_old_segments() override;

 private:
  /// Writes the log start down; then the files of `old_` go.
  void write_log_start();
  /// As it has to be on disk before `request` counts.
  [[nodiscard]] relaxed_mark mark_for(const persist_request& request, durability wanted) const;

  group_id group_;
  std::shared_ptr<group_storage> storage_;
  flush_queue& queue_;
  segment_remover& remover_;
  /// The log has no record of the log start yet.
  bool log_start_unwritten_ = false;
  bool damage_was_told_ = false;
  /// Out of the readers' sight; their files wait for that record.
  std::vector<std::shared_ptr<segment>> old_;
  /// As handed to the queue last.
  relaxed_mark mark_;
  std::optional<durability> declared_;
};

}  // namespace marquee::raft
