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

/// Errors: no_space. What waits stays in the write-ahead log.
result<> check_space(const file_system& files, const group_storage& storage,
                     const std::vector<entry>& entries, std::uint64_t keep_free_bytes) {
  if (keep_free_bytes == 0) return {};
  std::uint64_t wanted = keep_free_bytes;
  for (const entry& e : entries) wanted += e.encoded_bytes();
  const auto free = files.free_bytes(storage.folder());
  if (!free || *free >= wanted) return {};
  return fail(error_code::no_space, fmt::format("{} bytes are free", *free));
}

/// A file that could not be written whole is never written again: what is sound is copied into a new one.
result<> replace_spoilt_file(file_system& files, group_storage& storage, const segment& active) {
  auto anew =
      segment::write_anew(files, storage.folder(), active, [](const std::string&) { return result<>(); });
  if (!anew) return fail(anew);
  storage.replace_active(std::move(*anew));
  return {};
}

/// Writes the entries and shows them. Errors: no_space (tried again at the next checkpoint), corrupt, io.
result<> write_entries(file_system& files, group_storage& storage, group_storage::move_plan& plan) {
  if (storage.active_is_spoilt()) {
    if (auto replaced = replace_spoilt_file(files, storage, *plan.active); !replaced) return replaced;
    plan.active = storage.active();
  }
  if (auto written = plan.active->write(plan.entries); !written) {
    if (written.error().code == error_code::no_space) storage.spoil_active();
    return written;
  }
  return storage.moved(plan.entries);
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

segment_move move_to_segments(file_system& files, group_storage& storage, const group_checkpoint& wanted,
                              std::uint64_t keep_free_bytes) {
  segment_move done{{wanted.group, storage.position(), ""}};
  auto plan = storage.plan_move(wanted.state.applied);
  if (!plan) return done;
  auto moved = check_space(files, storage, plan->entries, keep_free_bytes);
  if (moved && !plan->entries.empty()) moved = write_entries(files, storage, *plan);
  if (!moved && moved.error().code == error_code::no_space) {
    log_debug("raft.storage", "{}: its entries stay in the write-ahead log: {}", to_string(wanted.group),
              moved.error().message);
    done.lacks_space = true;
    return done;
  }
  if (!moved) {
    fence(storage, wanted.group, moved.error());
    return done;
  }
  if (plan->roll) begin_next_segment(files, storage, *plan->active, wanted);
  done.progress.position = storage.position();
  return done;
}

}  // namespace marquee::raft
