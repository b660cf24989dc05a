#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/segment.h"
#include "raft/storage/storage_metrics.h"

namespace marquee::raft {

/// Removes a segment's files and makes that durable, so that segments go in their order and a crash never
/// leaves a hole between those that stay. Errors: io.
[[nodiscard]] result<> remove_segment_files(file_system& files, const std::string& folder,
                                            log_index base_index);

/// Removes the files of segments that retention dropped, oldest first, on the checkpoint thread. What cannot
/// be removed, or is cut off by a crash, goes at the next start: recovery knows the log start. Readers that
/// have a file open read on. Thread-safe.
class segment_remover {
 public:
  /// Runs a job before long; false: not now.
  using run_later = std::function<bool(std::function<void()>)>;
  /// All of them outlive it.
  segment_remover(file_system& files, storage_metrics& metrics, run_later later)
      : files_(files), metrics_(metrics), later_(std::move(later)) {}

  /// The log start above them must be durable.
  void remove(const std::string& folder, std::vector<std::shared_ptr<segment>> segments);
  /// Removes the stored index of a segment in which damage was found.
  void forget_index(const std::string& folder, log_index base_index);

 private:
  struct removal {
    std::string folder;
    std::shared_ptr<segment> old;
  };
  void work();

  file_system& files_;
  storage_metrics& metrics_;
  const run_later later_;
  std::mutex mutex_;
  std::deque<removal> waiting_;
  bool posted_ = false;
};

}  // namespace marquee::raft
