#include "client/batching_producer.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace marquee::client {

namespace {

std::size_t size_of(const message& what) {
  std::size_t size = what.value.value_or("").size() + what.key.value_or("").size();
  for (const auto& [name, value] : what.headers) size += name.size() + value.value_or("").size();
  return size;
}

}  // namespace

struct batching_producer::state {
  producer sender;
  const batching_options options;
  std::mutex mutex{};  ///< everything below
  std::condition_variable came{};
  std::condition_variable went{};
  std::deque<message> messages{};
  std::deque<callback> callbacks{};
  std::size_t waiting_bytes = 0;
  std::uint64_t accepted = 0;
  std::uint64_t answered = 0;
  bool is_closed = false;
  std::thread thread{};

  void run();
  std::vector<outcome<stored_message>> send_next(std::unique_lock<std::mutex>& lock, std::size_t count);
};

/// Takes the first `count` messages, unlocks and stores them.
std::vector<outcome<stored_message>> batching_producer::state::send_next(std::unique_lock<std::mutex>& lock,
                                                                         std::size_t count) {
  std::vector<message> batch;
  batch.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    waiting_bytes -= size_of(messages.front());
    batch.push_back(std::move(messages.front()));
    messages.pop_front();
  }
  went.notify_all();
  lock.unlock();
  return sender.produce(batch);
}

void batching_producer::state::run() {
  std::unique_lock lock(mutex);
  std::optional<api_failure> last_failure;
  while (true) {
    came.wait(lock, [this] { return is_closed || !messages.empty(); });
    if (messages.empty()) return;
    std::vector<outcome<stored_message>> results;
    const bool gives_up = is_closed && last_failure && last_failure->retriable;
    const std::size_t count =
        gives_up ? messages.size() : std::min(messages.size(), options.most_batch_messages);
    std::vector<callback> to_call(
        std::make_move_iterator(callbacks.begin()),
        std::make_move_iterator(callbacks.begin() + static_cast<std::ptrdiff_t>(count)));
    callbacks.erase(callbacks.begin(), callbacks.begin() + static_cast<std::ptrdiff_t>(count));
    if (gives_up) {
      last_failure->outcome = request_outcome::definite;
      results.assign(count, std::unexpected(*last_failure));
      messages.clear();
      waiting_bytes = 0;
      lock.unlock();
    } else {
      results = send_next(lock, count);
    }
    last_failure.reset();
    for (std::size_t i = 0; i < count; ++i) {
      if (!results[i] && results[i].error().retriable) last_failure = results[i].error();
      if (to_call[i]) to_call[i](results[i]);
    }
    lock.lock();
    answered += count;
    went.notify_all();
  }
}

batching_producer::batching_producer(producer sender, batching_options options)
    : state_(new state{.sender = std::move(sender), .options = options}) {
  state_->thread = std::thread([own = state_.get()] { own->run(); });
}

batching_producer::~batching_producer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_closed = true;
  }
  state_->came.notify_all();
  state_->thread.join();
}

outcome<> batching_producer::send(message what, callback on_done, std::int64_t patience_ms) {
  state& own = *state_;
  const std::size_t size = size_of(what);
  std::unique_lock lock(own.mutex);
  // One message that is larger than the bound alone is taken when nothing waits.
  const auto has_room = [&] {
    return own.messages.empty() || (own.messages.size() < own.options.most_waiting_messages &&
                                    own.waiting_bytes + size <= own.options.most_waiting_bytes);
  };
  if (!own.went.wait_for(lock, std::chrono::milliseconds(patience_ms), has_room))
    return std::unexpected(
        api_failure{.code = "QUEUE_FULL",
                    .message = "no room in the producer's queue: the cluster takes less than is sent",
                    .component = "client",
                    .retriable = true});
  own.waiting_bytes += size;
  own.messages.push_back(std::move(what));
  own.callbacks.push_back(std::move(on_done));
  ++own.accepted;
  lock.unlock();
  own.came.notify_one();
  return {};
}

void batching_producer::flush() {
  std::unique_lock lock(state_->mutex);
  const std::uint64_t until = state_->accepted;
  state_->went.wait(lock, [&] { return state_->answered >= until; });
}

}  // namespace marquee::client
