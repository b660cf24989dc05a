#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "raft/core/node.h"

namespace marquee::micro {

/// A log in memory that takes everything at once and keeps the newest entries only.
class newest_entries final : public raft::log_reader {
 public:
  void persist(const raft::persist_request& request);

  [[nodiscard]] log_index first_index() const override { return first_; }
  [[nodiscard]] log_index last_index() const override {
    return first_ + static_cast<std::int64_t>(entries_.size()) - 1;
  }
  [[nodiscard]] std::optional<term_number> term_at(log_index index) const override;
  [[nodiscard]] result<std::vector<raft::entry>> read(log_index from, log_index to,
                                                      std::size_t max_bytes) const override;

 private:
  static constexpr std::size_t kept = 4096;

  [[nodiscard]] const raft::entry& at(log_index index) const {
    return entries_[static_cast<std::size_t>(index.value() - first_.value())];
  }

  log_index first_{1};
  term_number term_before_;
  std::deque<raft::entry> entries_;
};

/// Three nodes of raft/core whose disks and network take no time: what is left is the core itself. One
/// thread.
class core_group {
 public:
  /// Has a leader when it returns.
  core_group();

  /// Proposes an entry of one record at the leader; nothing is sent yet. False: refused.
  [[nodiscard]] bool propose(const shared_bytes& payload);
  /// Hands everything to disks and to each other until nobody has anything left to do.
  void settle();
  /// So much time passes for everybody; then as `settle`.
  void pass_ms(std::int64_t duration_ms);
  /// The leader's.
  [[nodiscard]] log_index commit_index() const { return leader().core->commit_index(); }

 private:
  struct member {
    newest_entries log;
    std::unique_ptr<raft::node> core;
  };

  [[nodiscard]] const member& leader() const { return members_.at(leader_); }
  /// Does a member's work; what it sends goes to the others at once.
  bool work_of(member& one);

  std::deque<member> members_;
  std::size_t leader_ = 0;
  std::int64_t now_ms_ = 0;
  record_offset next_offset_;
};

}  // namespace marquee::micro
