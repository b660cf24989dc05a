#pragma once

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
  void persist(const group_id& group, const persist_request& request);
  /// Entries up to the position are in segments and leave the table.
  void advance(const segment_progress& progress);
  /// Never lowers it.
  void raise_log_start(const group_id& group, const log_start_mark& mark);
  void damage(const group_id& group, const std::string& text);
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
  /// Of the process that wrote last.
  [[nodiscard]] const session_facts& session() const { return session_; }
  void set_session(session_facts facts) { session_ = std::move(facts); }
  /// The records of a checkpoint from its begin to its end.
  [[nodiscard]] std::vector<wal_record> checkpoint_records() const;

 private:
  void append(logged_group& group, entry e);
  static void truncate(logged_group& group, log_index from);
  [[nodiscard]] result<> replay_group_record(const wal_record_header& header, const shared_bytes& payload,
                                             logged_group& group, const read_pointer& read);

  std::map<group_id, logged_group> groups_;
  std::vector<group_id> removed_;
  session_facts session_;
};

}  // namespace marquee::raft
