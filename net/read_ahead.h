#pragma once

#include <boost/asio/steady_timer.hpp>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/deadline.h"
#include "net/deadline_queue.h"
#include "net/stream.h"

/// For the .cpp files of net/ only.
namespace marquee::net {

/// Reads from a stream before anybody asks, as far as its bound allows, so that the end of a connection is
/// noticed while its owner does something else. On the stream's loop only. Owned by shared_ptr, because a
/// read under way refers to it; dies when the stream has been closed.
class read_ahead : public std::enable_shared_from_this<read_ahead> {
 public:
  enum class event : std::uint8_t { data, ended, deadline_passed };
  class data_wait;

  explicit read_ahead(const stream& source) : source_(source.internals()) {}

  /// Begins to read if nothing is under way and less than `bound` bytes wait.
  void start(std::size_t bound = default_bound);
  /// Awaited, waits until there is more than `beyond` bytes, or the other side has finished, or time is up.
  /// One waits at a time. It goes on within the callback that brought the data, without another turn of the
  /// loop.
  [[nodiscard]] data_wait wait_for_data(std::size_t beyond, deadline end);

  /// What has arrived and was not consumed. Valid until the next call or suspension.
  [[nodiscard]] std::string_view data() const { return std::string_view(buffer_).substr(consumed_); }
  void consume(std::size_t count);
  /// Something has arrived, here or at the operating system, and was not consumed.
  [[nodiscard]] bool anything_waits() const;
  /// The other side has finished or reset the connection, or it was closed here.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool was_reset() const { return reset_; }
  /// Requested when the other side is known to have gone: by a reset, by what `watch_end` finds out, or by
  /// `request_end`. That it has finished sending is not enough: it may still listen.
  [[nodiscard]] std::stop_token end_token() const { return end_.get_token(); }
  void request_end() { end_.request_stop(); }
  /// From here on, once the other side has finished sending, `probe` is written to it a moment later: a side
  /// that is gone resets the connection. With an empty probe it counts as gone a while later. Nothing else
  /// may be written before `watch_end_no_more`.
  void watch_end(std::string probe);
  void watch_end_no_more();
  /// From here on, until `watch_end_no_more`, writes `sign` every `interval_ms`, so that the other side sees
  /// that this process runs. After `watch_end`.
  void show_life(std::string sign, std::int64_t interval_ms);
  /// Bytes that arrived, ever.
  [[nodiscard]] std::uint64_t received() const { return received_; }
  /// Reads in larger pieces from now on (a body), or in small ones again.
  void expect_much(bool much) { next_chunk_bytes_ = much ? 64 * 1024 : small_chunk_bytes; }

 private:
  static constexpr std::size_t small_chunk_bytes = 4 * 1024;
  static constexpr std::size_t default_bound = 16 * 1024;

  static constexpr std::int64_t probe_after_ms = 50;
  static constexpr std::int64_t gone_after_ms = 1'000;

  void begin_read();
  void begin_probe();
  void send_probe();
  void show_life_later();
  void send_now(const std::string& text);
  void on_read(bool failed, std::size_t count);

  std::shared_ptr<stream::state> source_;
  std::string buffer_;
  std::size_t consumed_ = 0;
  std::vector<char> chunk_;
  std::size_t next_chunk_bytes_ = small_chunk_bytes;
  std::size_t bound_ = default_bound;
  std::uint64_t received_ = 0;
  bool reading_ = false;
  bool ended_ = false;
  bool reset_ = false;
  bool watching_ = false;
  bool probing_ = false;
  std::string probe_;
  std::unique_ptr<boost::asio::steady_timer> probe_timer_;
  std::string life_sign_;
  std::int64_t life_sign_every_ms_ = 0;
  std::uint64_t watches_ = 0;  ///< how many have ended
  std::unique_ptr<boost::asio::steady_timer> life_timer_;
  data_wait* waiting_ = nullptr;
  std::stop_source end_;
};

/// The coroutine that waits for the data of a read_ahead. Lives in its frame.
class read_ahead::data_wait final : public deadline_entry {
 public:
  data_wait(std::shared_ptr<read_ahead> source, std::size_t beyond, deadline end)
      : source_(std::move(source)), beyond_(beyond), end_(end) {}
  data_wait(const data_wait&) = delete;
  data_wait& operator=(const data_wait&) = delete;
  ~data_wait() {
    if (source_->waiting_ == this) source_->waiting_ = nullptr;
  }

  bool await_ready();
  void await_suspend(std::coroutine_handle<> caller);
  event await_resume() const noexcept { return outcome_; }

  /// Goes on if there is what it waits for; then it may be gone when this returns.
  void look();

 private:
  [[nodiscard]] bool settled();
  void on_deadline() override;

  const std::shared_ptr<read_ahead> source_;
  const std::size_t beyond_;
  const deadline end_;
  event outcome_ = event::deadline_passed;
  std::coroutine_handle<> caller_;
};

}  // namespace marquee::net
