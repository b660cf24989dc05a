#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "raft/core/entry.h"
#include "raft/core/node.h"
#include "raft/storage/wal_payload.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {

/// What the write-ahead log says about one group.
struct logged_group {
  group_facts facts;
  /// Entries after `facts.segments.last_index`.
  std::deque<entry> tail;
  /// A pointer's bytes were not there: later entries of the group were never acknowledged.
  bool torn = false;
  relaxed_mark relaxed;
  /// The machine lost power since the records were written, and the writes were relaxed.
  bool lost_power = false;
  /// Not empty: entries from here on were in a record that cannot be read; what follows them is left out.
  std::string lost_entries;
  /// Not empty: so was a term or vote, and none was written after it.
  std::string lost_vote;
  /// The newest hard state that was read.
  std::uint64_t hard_state_lsn = 0;

  [[nodiscard]] log_index last_index() const {
    return facts.segments.last_index + static_cast<std::int64_t>(tail.size());
  }
};

/// How far a checkpoint has brought a group's segments.
struct segment_progress {
  group_id group;
  segment_position position;
  /// Not empty: writing the segments failed or they are damaged.
  std::string damage;
};

/// The state that the records up to some point add up to. Recovery builds it by replay; afterwards the flush
/// thread keeps it in step with what it writes, so that a checkpoint can be written at any moment without
/// stopping the groups. Belongs to one thread at a time. A later record wins over an earlier one.
class logged_group_table {
 public:
  using read_pointer = std::function<result<entry>(const group_id&, const entry_pointer&)>;

  void create(const group_id& group, group_facts facts);
  void remove(const group_id& group);
  /// As another table has it.
  void put(const group_id& group, logged_group known) { groups_[group] = std::move(known); }
  void persist(const group_id& group, const persist_request& request);
  /// Entries up to the position are in segments and leave the table.
  void advance(const segment_progress& progress);
  /// Never lowers it.
  void raise_log_start(const group_id& group, const log_start_mark& mark);
  void damage(const group_id& group, const std::string& text);
  /// A record of the group cannot be read: what that costs depends on its type.
  void lose(const wal_record_header& header, const std::string& text);
  /// A record of nobody knows which group.
  void lose_something(const std::string& text);
  /// Whoever lost a vote for good must not vote again.
  void settle_losses();
  /// The log was cut off: segments end at `position`. Its entries count again only once it is whole (DESIGN
  /// D4).
  void cut_off(const group_id& group, const segment_position& position);
  void set_relaxed(const group_id& group, relaxed_mark mark);
  /// Since the records were written: every group that is not durable is in doubt.
  void power_was_lost();

  /// Applies a record that was read back. Errors: corrupt (the payload makes no sense), unsupported.
  [[nodiscard]] result<> replay(const wal_record_header& header, const shared_bytes& payload,
                                const read_pointer& read);

  [[nodiscard]] const std::map<group_id, logged_group>& groups() const { return groups_; }
  [[nodiscard]] const logged_group* find(const group_id& group) const;
  /// Removed since the checkpoint; their files may still be there after a crash.
  [[nodiscard]] const std::vector<group_id>& removed() const { return removed_; }
  [[nodiscard]] bool was_removed(const group_id& group) const {
    return std::ranges::find(removed_, group) != removed_.end();
  }
  /// Of the process that wrote last.
  [[nodiscard]] const session_facts& session() const { return session_; }
  void set_session(session_facts facts) { session_ = std::move(facts); }
  /// The records of a checkpoint from its begin to its end.
  [[nodiscard]] std::vector<wal_record> checkpoint_records() const;

 private:
  void append(logged_group& group, entry e);
  static void truncate(logged_group& group, log_index from);
  [[nodiscard]] bool is_twin(const logged_group& group, const wal_record_header& header) const {
    return session_.writes_votes_twice && group.hard_state_lsn + 1 == header.lsn;
  }
  [[nodiscard]] result<> replay_group_record(const wal_record_header& header, const shared_bytes& payload,
                                             logged_group& group, const read_pointer& read);

  std::map<group_id, logged_group> groups_;
  std::vector<group_id> removed_;
  session_facts session_;
};

}  // namespace marquee::raft
