#include "raft/storage/segment_mover.h"

#include <fmt/format.h>

#include <utility>

#include "base/logging.h"

namespace marquee::raft {

namespace {

/// Fences for this run only: the write-ahead log still has every entry, so a restart may cure it.
void fence(group_storage& storage, const group_id& group, const error& why) {
  const std::string text = fmt::format(
      "{}: its segment cannot be written ({}); this replica takes no part until the disk is seen to "
      "and the process is started again",
      to_string(group), why.message);
  log_error("raft.storage", "{}", text);
  storage.fence(text);
}

void begin_next_segment(file_system& files, group_storage& storage, const segment& active,
                        const group_checkpoint& wanted) {
  const std::string& folder = storage.folder();
  result<> sealed = active.seal(files, folder);
  if (!sealed) log_warning("raft.storage", "{}: {}", active.path(), sealed.error().message);
  auto next = segment::create(files, folder, storage.next_header(wanted.group, wanted.state));
  if (next) return storage.begin_segment(std::move(*next));
  // Best effort: recovery recognises it too.
  (void)files.remove_file(segment_path(folder, storage.position().last_index + 1)).has_value();
  log_warning("raft.storage", "{}: no new segment can be begun, the old one goes on: {}",
              to_string(wanted.group), next.error().message);
}

}  // namespace

segment_progress move_to_segments(file_system& files, group_storage& storage,
                                  const group_checkpoint& wanted) {
  segment_progress progress{wanted.group, storage.position(), ""};
  auto plan = storage.plan_move(wanted.state.applied);
  if (!plan) return progress;
  if (!plan->entries.empty()) {
    auto written = plan->active->write(plan->entries);
    if (written) written = storage.moved(plan->entries);
    if (!written) {
      fence(storage, wanted.group, written.error());
      return progress;
    }
  }
  if (plan->roll) begin_next_segment(files, storage, *plan->active, wanted);
  progress.position = storage.position();
  return progress;
}

}  // namespace marquee::raft
