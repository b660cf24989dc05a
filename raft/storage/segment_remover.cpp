#include "raft/storage/segment_remover.h"

#include <set>
#include <utility>

#include "base/logging.h"

namespace marquee::raft {

result<> remove_segment_files(file_system& files, const std::string& folder, log_index base_index) {
  for (const std::string& path : {segment_path(folder, base_index), segment_index_path(folder, base_index)})
    if (auto removed = files.remove_file(path); !removed) return removed;
  return files.sync_directory(folder);
}

void segment_remover::remove(const std::string& folder, std::vector<std::shared_ptr<segment>> segments) {
  if (segments.empty()) return;
  {
    const std::lock_guard guard(mutex_);
    for (std::shared_ptr<segment>& old : segments) waiting_.push_back({folder, std::move(old)});
    if (std::exchange(posted_, true)) return;
  }
  if (later_([this] { work(); })) return;
  // The next call tries again, and so does the next start.
  const std::lock_guard guard(mutex_);
  posted_ = false;
}

void segment_remover::forget_index(const std::string& folder, log_index base_index) {
  const auto forget = [this, folder, base_index] {
    const std::string path = segment_index_path(folder, base_index);
    auto removed = files_.remove_file(path);
    if (removed) removed = files_.sync_directory(folder);
    if (!removed)
      log_warning("raft.storage", "{} cannot be removed, remove it before the next start: {}", path,
                  removed.error().message);
  };
  if (!later_(forget)) forget();
}

void segment_remover::work() {
  std::set<std::string> failed;
  while (true) {
    removal next;
    {
      const std::lock_guard guard(mutex_);
      if (waiting_.empty()) {
        posted_ = false;
        return;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    // Those behind it stay too: recovery wants segments without a hole.
    if (failed.contains(next.folder)) continue;
    const auto removed = remove_segment_files(files_, next.folder, next.old->header().base_index);
    if (removed) {
      metrics_.dropped_segments.add();
      metrics_.dropped_bytes.add(next.old->index().file_bytes());
      continue;
    }
    failed.insert(next.folder);
    log_warning("raft.storage",
                "{} is no longer needed but cannot be removed, the next start tries again: {}",
                next.old->path(), removed.error().message);
  }
}

}  // namespace marquee::raft
