#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::raft {

enum class space_claim : std::uint8_t {
  ordinary,  ///< entries: leave the reserve alone
  urgent,    ///< hard states and truncations: may use it
};

/// Knows whether what is about to be queued will fit into the write-ahead log, so that it can be refused
/// instead of failing or blocking later. Packs records into files exactly as the writer does, one after the
/// other and never across a file's end, but for the alignment at the end of a flush, of which it assumes the
/// most; so the writer is never ahead of it.
///
/// Belongs to whoever guards the queue; not thread-safe.
class wal_space {
 public:
  /// `usable_bytes`: what one file holds besides its header.
  explicit wal_space(std::uint64_t usable_bytes);

  /// True, and taken, if records of these sizes (with their headers) fit.
  [[nodiscard]] bool claim(std::span<const std::uint64_t> rooms, space_claim kind);
  /// Free files in which an ordinary claim of these sizes fits for certain.
  [[nodiscard]] std::uint64_t files_for(std::span<const std::uint64_t> rooms) const;
  /// The largest record that can ever fit.
  [[nodiscard]] std::uint64_t largest_room() const { return usable_bytes_; }
  void add_file() { ++files_; }
  /// Files that nothing queued needs.
  [[nodiscard]] std::uint64_t free_files() const { return files_; }
  /// Takes one of them away for something else. There must be one.
  void take_file();
  /// Starts over: the writer stands in a file with this much left, and this many files wait.
  void restart(std::uint64_t left_bytes, std::uint64_t files);
  /// Takes what was queued already, whatever it needs.
  void reclaim(std::span<const std::uint64_t> rooms);

 private:
  /// Where packing ends.
  struct place {
    std::uint64_t left = 0;
    std::int64_t files = 0;
  };
  [[nodiscard]] place pack(std::span<const std::uint64_t> rooms) const;

  std::uint64_t usable_bytes_;
  std::uint64_t left_ = 0;
  std::uint64_t files_ = 0;
};

}  // namespace marquee::raft
