#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "booking_app/front_end/history_file.h"
#include "net/deadline.h"
#include "net/event_loop.h"
#include "net/task.h"

namespace marquee::booking {

/// The history file on a thread of its own, so that a slow disk holds nobody up. What is added is written in
/// batches; a query sees everything that was added before it. What waits to be written is bounded: beyond it
/// `add` waits a while. If there is still no room, or the disk fails, the history ends until the process
/// starts again and makes up for it from the log, and queries answer `unavailable`. Thread-safe.
class history {
 public:
  struct limits {
    std::size_t most_waiting_bytes = std::size_t{128} << 20;
    std::int64_t patience_ms = 5'000;  ///< how long `add` waits for room before the history ends
  };

  /// Errors: io, no_space.
  [[nodiscard]] static result<std::unique_ptr<history>> open(file_system& files, const std::string& path,
                                                             limits bounds);
  ~history();
  history(const history&) = delete;
  history& operator=(const history&) = delete;

  /// Offset of the first record that it does not know. Before the first `add`.
  [[nodiscard]] std::int64_t next_offset() const { return next_offset_; }
  /// Records from `offset` on are given again. Before the first `add`.
  [[nodiscard]] result<> cut_back(std::int64_t offset);
  /// See `history_file::read_tail`. Before the first `add`.
  [[nodiscard]] result<history_file::tail> read_tail(history_kind kind, std::uint64_t most_bytes) const;

  /// Records in order, each once, without a hole; `next_offset` is behind them.
  void add(std::vector<history_entry> entries, std::int64_t next_offset);
  /// Called on the history's thread when entries of that kind were written; quick. Before the first `add`.
  void on_written(history_kind kind, std::function<void()> listener);

  [[nodiscard]] net::task<result<history_page>> read(history_query query, net::deadline end,
                                                     std::stop_token cancel);
  /// The same for threads that may block; not from a loop.
  [[nodiscard]] result<history_page> read_blocking(const history_query& query);

  [[nodiscard]] std::size_t waiting_bytes() const;

 private:
  history(history_file content, limits bounds);
  void write_waiting();
  [[nodiscard]] result<history_page> read_now(const history_query& query) const;

  const limits bounds_;
  std::int64_t next_offset_;
  std::vector<std::pair<history_kind, std::function<void()>>> listeners_;
  mutable std::mutex mutex_;
  std::condition_variable written_;
  std::vector<history_entry> waiting_;  ///< guarded by mutex_, as are the next four
  std::int64_t waiting_offset_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool write_is_due_ = false;
  bool ended_ = false;
  history_file content_;  ///< on the loop
  net::event_loop loop_{"fe-history"};
};

}  // namespace marquee::booking
