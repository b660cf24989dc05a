#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "raft/core/entry.h"
#include "raft/storage/segment_format.h"
#include "raft/storage/segment_index.h"
#include "raft/storage/wal_payload.h"

namespace marquee::raft {

/// One segment file: committed entries of one group that follow each other. The checkpoint thread appends to
/// the newest one; readers see what was published, under the group's mutex, and read the file without it.
/// After a failed write or sync it takes no more entries.
class segment {
 public:
  /// Writes a segment without entries, synced together with its folder.
  [[nodiscard]] static result<std::shared_ptr<segment>> create(file_system& files, const std::string& folder,
                                                               const segment_header& header);
  /// Opens the one that is appended to: every entry up to `expected` is verified, what lies beyond is cut
  /// off. Errors: corrupt (also if it is shorter or other than expected), unsupported, io.
  [[nodiscard]] static result<std::shared_ptr<segment>> open_active(file_system& files,
                                                                    const std::string& folder,
                                                                    const segment_position& expected);
  /// Opens a full one by its header and its stored index, which is made again if it is missing or damaged.
  /// Entries are verified when they are read.
  [[nodiscard]] static result<std::shared_ptr<segment>> open_sealed(file_system& files,
                                                                    const std::string& folder,
                                                                    log_index base_index);

  /// What can be read of one that may be damaged.
  struct remains {
    /// Ends before the first thing that is not sound.
    std::shared_ptr<segment> sound;
    /// What that is, with file and position.
    std::optional<error> damage;
  };
  /// Reads every entry up to `end`, or the end of the file. Errors: corrupt (not even the header is sound),
  /// unsupported, io, not_found.
  [[nodiscard]] static result<remains> open_remains(file_system& files, const std::string& folder,
                                                    log_index base_index, std::optional<std::uint64_t> end);
  /// Copies what is sound into a new file, synced, that takes the place of the old one, which is handed to
  /// `aside` first (to be moved or removed). Errors: io, no_space: the old file may be gone then.
  [[nodiscard]] static result<std::shared_ptr<segment>> write_anew(
      file_system& files, const std::string& folder, const segment& sound,
      const std::function<result<>(const std::string&)>& aside);

  /// Writes and syncs entries behind the published end. Readers do not see them yet.
  [[nodiscard]] result<> write(std::span<const entry> entries);
  /// Shows what `write` has written. Under the group's mutex. Errors: corrupt (no continuation).
  [[nodiscard]] result<> publish(std::span<const entry> entries);
  /// Stores the index beside the segment; it takes no more entries.
  [[nodiscard]] result<> seal(file_system& files, const std::string& folder) const;

  [[nodiscard]] const segment_header& header() const { return header_; }
  [[nodiscard]] const segment_index& index() const { return index_; }
  [[nodiscard]] const file& data() const { return *file_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] segment_position position() const;

 private:
  segment(std::string path, std::unique_ptr<file> handle, segment_header header, segment_index index);
  [[nodiscard]] static result<std::shared_ptr<segment>> open_header(file_system& files,
                                                                    const std::string& folder,
                                                                    log_index base_index);
  /// Reads entries up to `end` into the index.
  [[nodiscard]] result<> scan(std::uint64_t end);

  std::string path_;
  std::unique_ptr<file> file_;
  segment_header header_;
  segment_index index_;
};

}  // namespace marquee::raft
