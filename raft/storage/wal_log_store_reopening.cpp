// One group of a running store is closed and recovered, as a start does it for all of them.
#include <optional>
#include <utility>

#include "raft/storage/group_recovery.h"
#include "raft/storage/segment_remover.h"
#include "raft/storage/stored_group_log.h"
#include "raft/storage/wal_log_store.h"

namespace marquee::raft {

result<recovered_group> wal_log_store::reopen_group(const group_id& group) {
  {
    const std::lock_guard guard(mutex_);
    if (stopped_) return fail(error_code::unavailable, "the log store has stopped");
    const auto known = groups_.find(group);
    if (known == groups_.end() && !closed_.contains(group))
      return fail(error_code::not_found, "group " + to_string(group) + " is not known");
    // From here on checkpoints pass it over, and it cannot be created again.
    if (known != groups_.end()) groups_.erase(known);
    closed_.insert(group);
  }
  // Behind the checkpoint that may still be writing to its segments.
  std::optional<result<recovered_group>> outcome;
  auto done = run_in_background([this, &group, &outcome]() -> result<> {
    outcome.emplace(reopen_closed(group));
    return {};
  });
  if (!done) return fail(done);
  return std::move(*outcome);
}

result<recovered_group> wal_log_store::reopen_closed(const group_id& group) {
  // What was queued before is in the table by then.
  std::optional<logged_group> logged;
  flush_item look;
  look.group = group;
  look.apply = [&logged, &group](logged_group_table& groups) {
    if (const logged_group* const known = groups.find(group)) logged = *known;
  };
  if (auto seen = write_and_wait(std::move(look)); !seen) return fail(seen);
  if (!logged) return fail(error_code::not_found, "group " + to_string(group) + " was removed");
  logged_group_table alone;
  alone.put(group, *logged);

  // An index would let the segment pass unread.
  const std::string folder = group_folder(options_.data_dir, group);
  const auto bases = segment_bases(files_, folder);
  if (!bases) return fail(bases);
  for (const log_index base : *bases)
    if (auto removed = files_.remove_file(segment_index_path(folder, base)); !removed) return fail(removed);
  auto opened = open_group(group, alone);
  if (!opened) return fail(opened);
  if (!opened->damage.empty()) return fail(error_code::io, opened->damage);
  if (!opened->cut_off.empty()) {
    flush_item cut;
    cut.group = group;
    cut.apply = [&group, &alone](logged_group_table& groups) { groups.put(group, *alone.find(group)); };
    cut.checkpoint.emplace();
    if (auto written = write_and_wait(std::move(cut)); !written)
      return fail(written, "after damage was cut off");
  }
  const std::lock_guard guard(mutex_);
  recovered_group found = make_recovered(group, *alone.find(group), std::move(*opened));
  closed_.erase(group);
  found.log = std::make_unique<stored_group_log>(group, groups_.at(group).storage, *queue_, remover_,
                                                 alone.find(group)->relaxed);
  return found;
}

}  // namespace marquee::raft
