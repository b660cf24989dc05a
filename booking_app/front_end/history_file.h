#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "booking_app/front_end/history_entry.h"

namespace marquee::booking {

/// What is asked of the history.
struct history_query {
  history_kind kind = history_kind::audit;
  std::vector<history_key> keys{};  ///< entries that have all of these
  std::int64_t from_offset = 0;     ///< inclusive
  std::size_t most_entries = 1'000;
  std::size_t most_bytes = std::size_t{4} << 20;
};

/// Whole records: an offset is never cut.
struct history_page {
  std::vector<history_entry> entries{};  ///< without keys
  std::int64_t next_offset = 0;          ///< where the next page begins
  bool more = false;                     ///< there may be more entries in it
};

/// What records did, in a file of entries that only grows. It is derived from the log: a damaged end is cut
/// away, a file of another release is begun anew, and whoever owns it gives the records again that are
/// missing. Written without syncing for the same reason. In memory it keeps, for each 64 KiB of the file, a
/// kilobyte that says which keys may be there (a Bloom filter), so that a query reads little else but what it
/// wants. One thread.
class history_file {
 public:
  /// Makes the file if it is missing; reads all of it. Errors: io, no_space.
  [[nodiscard]] static result<history_file> open(file_system& files, const std::string& path);

  /// The offset of the first record that is not in it.
  [[nodiscard]] std::int64_t next_offset() const { return next_offset_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return end_; }
  /// Forgets the records from `offset` on. Errors: io.
  [[nodiscard]] result<> cut_back(std::int64_t offset);
  /// Records up to `next_offset`, exclusive. After a failure the file is not written any more. Errors: io,
  /// no_space, unavailable (after an earlier failure).
  [[nodiscard]] result<> append(std::span<const history_entry> entries, std::int64_t next_offset);
  /// Errors: io, corrupt, unavailable.
  [[nodiscard]] result<history_page> read(const history_query& query) const;
  /// Entries of a kind in the last `most_bytes` of the file, with the offset behind which there is no other.
  struct tail {
    std::vector<history_entry> entries{};
    std::int64_t behind = -1;
  };
  [[nodiscard]] result<tail> read_tail(history_kind kind, std::uint64_t most_bytes) const;

 private:
  static constexpr std::size_t filter_bits = 8 * 1024;
  struct block {
    std::uint64_t position = 0;
    std::int64_t first_offset = 0;
    std::bitset<filter_bits> filter{};

    void note(history_key key);
    [[nodiscard]] bool may_hold(history_key key) const;
  };

  explicit history_file(std::unique_ptr<file> target) : file_(std::move(target)) {}
  result<> load();
  result<> begin_anew();
  result<> load_entries(std::uint64_t promised_end, std::int64_t promised_offset);
  result<> write_header();
  void note(const history_entry& entry, std::uint64_t position);
  [[nodiscard]] std::uint64_t end_of(std::size_t index) const;
  [[nodiscard]] result<bytes> read_block(std::size_t index) const;
  /// The block in which entries of `offset` begin.
  [[nodiscard]] std::size_t block_of(std::int64_t offset) const;

  std::unique_ptr<file> file_;
  std::vector<block> blocks_;
  std::uint64_t end_ = 0;
  std::int64_t next_offset_ = 0;
  bool failed_ = false;
};

}  // namespace marquee::booking
