#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "booking_app/front_end/stream_message.h"
#include "net/event_loop.h"
#include "net/wake_point.h"

namespace marquee::booking {

/// Which messages a stream is for: those of these shows, or all if there is none. Sorted.
using show_selection = std::vector<std::string>;

/// The newest messages of the live stream, once for all streams: each stream is a position in them, so that a
/// client that does not read costs nothing but its place, and finds out that it has missed something when it
/// comes back. Bounded by messages and bytes: the oldest go first. On the front end's loop.
class live_changes {
 public:
  struct limits {
    std::size_t most_messages = 100'000;
    std::size_t most_bytes = std::size_t{32} << 20;
    /// With more streams than this they are woken once in `pause_ms`, so that they do not take the loop from
    /// bookings.
    std::size_t many_streams = 50;
    std::int64_t pause_ms = 20;
  };
  struct page {
    std::string text;
    std::uint64_t next = 0;  ///< position behind the page
    bool missed = false;     ///< what followed the position is not kept any more; the page is empty
  };

  live_changes(net::event_loop& loop, limits bounds) : loop_(loop), bounds_(bounds) {}
  explicit live_changes(net::event_loop& loop) : live_changes(loop, limits{}) {}

  /// What is kept begins behind this offset. Before the first `add`.
  void begin_behind(std::int64_t offset);
  /// The record at `offset` was applied. Offsets grow.
  void add(std::int64_t offset, std::vector<stream_message> messages);

  /// Newest offset that was added; -1 at first.
  [[nodiscard]] std::int64_t newest_offset() const { return newest_offset_; }
  /// Behind everything that is there.
  [[nodiscard]] std::uint64_t end() const { return first_position_ + messages_.size(); }
  /// The position of the first message behind `offset`; nothing if some of them may be gone.
  [[nodiscard]] std::optional<std::uint64_t> behind(std::int64_t offset) const;
  /// Messages from `position` on, whole records, `most_bytes` or one record more.
  [[nodiscard]] page read(std::uint64_t position, const show_selection& shows, std::size_t most_bytes) const;
  /// Woken when messages were added.
  [[nodiscard]] const net::wake_point& changed() const { return changed_; }
  [[nodiscard]] std::size_t kept_bytes() const { return bytes_; }

 private:
  void wake();
  void drop_oldest();

  net::event_loop& loop_;
  const limits bounds_;
  std::deque<stream_message> messages_;
  std::uint64_t first_position_ = 0;
  std::size_t bytes_ = 0;
  std::int64_t newest_offset_ = -1;
  std::int64_t complete_behind_ = -1;  ///< all messages of later offsets are kept
  bool wake_is_due_ = false;
  net::wake_point changed_;
  /// Timers that outlive this do nothing.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace marquee::booking
