#include "cli/booking/log_replay.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "client/consumer.h"

namespace marquee::cli {

namespace {

using client::received_message;
using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

/// Batches between the thread that reads and the one that applies; at most `most` wait.
class batch_queue {
 public:
  void put(std::vector<received_message> batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return batches_.size() < most || closed_; });
    if (closed_) return;
    batches_.push_back(std::move(batch));
    changed_.notify_all();
  }
  /// Nothing more comes, or nothing more is wanted.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool is_closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  /// Nothing: it is closed and empty.
  std::optional<std::vector<received_message>> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !batches_.empty() || closed_; });
    if (batches_.empty()) return std::nullopt;
    auto batch = std::move(batches_.front());
    batches_.pop_front();
    changed_.notify_all();
    return batch;
  }

 private:
  static constexpr std::size_t most = 4;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<received_message>> batches_;
  bool closed_ = false;
};

/// Reads until `end` messages were read; what went wrong, if anything.
client::outcome<> read_all(client::consumer& reader, std::int64_t end, batch_queue& target) {
  for (std::int64_t read = 0; read < end && !target.is_closed();) {
    auto got = reader.consume({.max_messages = 10'000, .max_bytes = 8 << 20, .wait_ms = 1'000});
    if (!got) {
      target.close();
      return std::unexpected(got.error());
    }
    read += static_cast<std::int64_t>(got->messages.size());
    if (!got->messages.empty()) target.put(std::move(got->messages));
  }
  target.close();
  return {};
}

client::outcome<> apply_batch(booking::machine& state, const std::vector<received_message>& batch,
                              std::int64_t end, replayed_log& made) {
  for (const received_message& message : batch) {
    if (message.offset >= end) break;
    if (message.offset != state.next_offset())
      return std::unexpected(client::api_failure{
          .code = "BAD_LOG",
          .message = "the log is not whole: offset " + std::to_string(state.next_offset()) +
                     " is followed by " + std::to_string(message.offset),
          .component = "replay"});
    const std::string empty;
    const booking::outcome outcome =
        state.apply({message.offset, message.timestamp_ms, as_bytes(message.value ? *message.value : empty)});
    ++made.commands;
    const bool is_refused =
        !outcome.replies.empty() && booking::status_text(outcome.replies[0].content.code) != "OK";
    made.refused += is_refused ? 1 : 0;
  }
  return {};
}

}  // namespace

client::outcome<replayed_log> replay_log(const client::client_options& options, const std::string& topic) {
  auto reader = client::consumer::register_at(options, topic, client::start_position::earliest);
  if (!reader) return std::unexpected(reader.error());
  const auto end = reader->size();
  if (!end) return std::unexpected(end.error());
  const auto started = clock_type::now();
  batch_queue queue;
  client::outcome<> read;
  std::thread reading([&] { read = read_all(*reader, *end, queue); });
  booking::machine state;
  replayed_log made;
  client::outcome<> applied;
  while (auto batch = queue.take()) {
    const auto begin = clock_type::now();
    applied = apply_batch(state, *batch, *end, made);
    made.apply_seconds += seconds_since(begin);
    if (!applied) queue.close();
    if (!applied) break;
  }
  reading.join();
  made.seconds = seconds_since(started);
  (void)reader->remove();
  if (!applied) return std::unexpected(applied.error());
  if (!read) return std::unexpected(read.error());
  made.digest = to_text(state.digest());
  return made;
}

}  // namespace marquee::cli
