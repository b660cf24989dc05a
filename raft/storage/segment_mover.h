#pragma once

#include "base/file_system.h"
#include "raft/storage/group_storage.h"
#include "raft/storage/log_store.h"
#include "raft/storage/logged_group_table.h"

namespace marquee::raft {

struct segment_move {
  segment_progress progress;
  /// The disk is full, or nearly.
  bool lacks_space = false;
};

/// One group's part in a checkpoint: writes and syncs its applied entries into the active segment, shows them
/// there instead of in memory, and begins a new segment if that was promised. On the checkpoint thread. A
/// failed write or sync fences the group; on a full disk its entries stay in the write-ahead log. If only the
/// new segment cannot be made, the old one goes on.
[[nodiscard]] segment_move move_to_segments(file_system& files, group_storage& storage,
                                            const group_checkpoint& wanted, std::uint64_t keep_free_bytes);

}  // namespace marquee::raft
