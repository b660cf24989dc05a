#include "booking_app/log/topic_writer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"
#include "booking_app/log/stoppable_thread.h"
#include "client/administrator.h"
#include "client/interruption.h"
#include "client/producer.h"

namespace marquee::booking {

namespace {

using marquee::client::api_failure;
using marquee::client::stored_message;

constexpr const char* component = "booking.writer";
constexpr std::size_t most_batch_messages = 2'000;
constexpr std::size_t most_batch_bytes = std::size_t{2} << 20;
constexpr std::int64_t registration_ms = 2'000;
constexpr std::int64_t between_registrations_ms = 100;

api_failure given_up(const char* code, const char* message) {
  return {.code = code, .message = message, .component = component, .retriable = true};
}

bool is_forgotten(const api_failure& failure) {
  return failure.code == "PRODUCER_NOT_FOUND" || failure.code == "PRODUCER_NOT_REGISTERED";
}

}  // namespace

struct topic_writer::state {
  struct item {
    marquee::client::message what;
    callback on_done;
    std::int64_t accepted_ms = 0;

    [[nodiscard]] std::size_t size() const { return what.value->size(); }
  };

  state(marquee::client::client_options to, writer_options wanted)
      : stopper(std::make_shared<marquee::client::interruption>()),
        cluster(std::move(to)),
        options(std::move(wanted)) {
    cluster.stopper = stopper;
  }

  const std::shared_ptr<marquee::client::interruption> stopper;
  marquee::client::client_options cluster;
  const writer_options options;
  system_clock time{};
  std::atomic<bool> is_connected = false;

  mutable std::mutex mutex{};  ///< everything in this block
  std::condition_variable came{};
  std::deque<item> items{};
  std::size_t waiting_bytes = 0;
  std::size_t unanswered = 0;
  bool closes = false;
  std::string problem = "the cluster was not reached";

  // Only on the writer's thread:
  std::optional<marquee::client::producer> sender{};
  std::string last_problem{};

  stoppable_thread thread{};  ///< last: what it uses is still there when it ends

  void run();
  void make_sender();
  std::optional<std::vector<item>> next_batch();
  void send(std::vector<item> batch);
  void answer(std::vector<item>& batch, const std::vector<marquee::client::outcome<stored_message>>& results);
  void give_up_old();
  void give_up_all();
  void note(const marquee::client::outcome<>& attempt);
};

void topic_writer::state::note(const marquee::client::outcome<>& attempt) {
  if (stopper->is_requested()) return;
  is_connected = attempt.has_value();
  if (attempt) {
    if (!last_problem.empty()) log_info(component, "{} can be written again", options.topic);
    last_problem.clear();
    const std::lock_guard lock(mutex);
    problem.clear();
    return;
  }
  if (attempt.error().code != last_problem)
    log_warning(component, "{} cannot be written: {}", options.topic,
                escape_for_log(to_string(attempt.error())));
  last_problem = attempt.error().code;
  const std::lock_guard lock(mutex);
  problem = to_string(attempt.error());
}

/// Only for a topic that exists: registering would make it, with settings that nobody wants.
void topic_writer::state::make_sender() {
  marquee::client::client_options brief = cluster;
  brief.deadline_ms = std::min(brief.deadline_ms, registration_ms);
  if (auto described = marquee::client::administrator(brief).describe_topic(options.topic); !described)
    return note(std::unexpected(described.error()));
  auto registered = marquee::client::producer::register_at(brief, options.topic);
  if (!registered) return note(std::unexpected(registered.error()));
  note({});
  sender.emplace(cluster, options.topic, registered->id());
}

void topic_writer::state::run() {
  while (!stopper->is_requested()) {
    if (!sender) {
      make_sender();
      if (sender) continue;
      give_up_old();
      {
        const std::lock_guard lock(mutex);
        if (closes) break;
      }
      thread.pause(between_registrations_ms);
      continue;
    }
    if (!is_connected) give_up_old();
    auto batch = next_batch();
    if (!batch) break;
    send(std::move(*batch));
  }
  give_up_all();
}

/// Waits for messages. Nothing when the writer closes and none are left.
std::optional<std::vector<topic_writer::state::item>> topic_writer::state::next_batch() {
  std::unique_lock lock(mutex);
  came.wait(lock, [this] { return closes || !items.empty(); });
  if (items.empty()) return std::nullopt;
  std::vector<item> batch;
  std::size_t batch_bytes = 0;
  while (!items.empty() && batch.size() < most_batch_messages &&
         (batch.empty() || batch_bytes + items.front().size() <= most_batch_bytes)) {
    batch_bytes += items.front().size();
    batch.push_back(std::move(items.front()));
    items.pop_front();
  }
  waiting_bytes -= batch_bytes;
  return batch;
}

void topic_writer::state::send(std::vector<item> batch) {
  std::vector<marquee::client::message> messages;
  messages.reserve(batch.size());
  for (item& one : batch) messages.push_back(std::move(one.what));
  std::vector<marquee::client::outcome<stored_message>> results = sender->produce(messages);
  // A request is refused as a whole when its producer is unknown, so the first result speaks for all.
  if (!results.front() && is_forgotten(results.front().error()) &&
      results.front().error().outcome == marquee::client::request_outcome::definite) {
    log_warning(component, "{}: the cluster does not know the producer any more, registers again",
                options.topic);
    sender.reset();
    make_sender();
    if (sender) results = sender->produce(messages);
  }
  // What was refused for its own sake says nothing about the cluster.
  const auto failed =
      std::ranges::find_if(results, [](const auto& one) { return !one && one.error().retriable; });
  note(failed == results.end() ? marquee::client::outcome<>() : std::unexpected(failed->error()));
  answer(batch, results);
}

void topic_writer::state::answer(std::vector<item>& batch,
                                 const std::vector<marquee::client::outcome<stored_message>>& results) {
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (batch[i].on_done) batch[i].on_done(results[i]);
  const std::lock_guard lock(mutex);
  unanswered -= batch.size();
}

void topic_writer::state::give_up_old() {
  std::vector<item> old;
  {
    const std::lock_guard lock(mutex);
    const std::int64_t now_ms = time.monotonic_ms();
    while (!items.empty() && now_ms - items.front().accepted_ms >= cluster.deadline_ms) {
      waiting_bytes -= items.front().size();
      old.push_back(std::move(items.front()));
      items.pop_front();
    }
  }
  const marquee::client::outcome<stored_message> failed =
      std::unexpected(given_up("TIMED_OUT", "the cluster could not be reached in time"));
  answer(old, std::vector(old.size(), failed));
}

void topic_writer::state::give_up_all() {
  std::vector<item> rest;
  {
    const std::lock_guard lock(mutex);
    rest.assign(std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
    items.clear();
    waiting_bytes = 0;
  }
  const marquee::client::outcome<stored_message> failed =
      std::unexpected(given_up("CANCELLED", "the process stops before this was sent"));
  answer(rest, std::vector(rest.size(), failed));
}

topic_writer::topic_writer(marquee::client::client_options cluster, writer_options options)
    : state_(std::make_unique<state>(std::move(cluster), std::move(options))) {
  state_->thread.start([own = state_.get()] { own->run(); });
}

topic_writer::~topic_writer() {
  state& own = *state_;
  const std::int64_t end_ms = own.time.monotonic_ms() + own.options.closing_ms;
  {
    const std::lock_guard lock(own.mutex);
    own.closes = true;
  }
  own.came.notify_all();
  own.thread.stop([&own, end_ms] {
    if (own.time.monotonic_ms() >= end_ms) own.stopper->interrupt();
  });
}

bool topic_writer::write(std::string value, std::optional<std::int32_t> partition, callback on_done) {
  state& own = *state_;
  const std::size_t size = value.size();
  {
    const std::lock_guard lock(own.mutex);
    if (own.closes || own.items.size() >= own.options.most_waiting_messages ||
        (!own.items.empty() && own.waiting_bytes + size > own.options.most_waiting_bytes))
      return false;
    own.waiting_bytes += size;
    ++own.unanswered;
    own.items.push_back({.what = {.value = std::move(value), .partition = partition},
                         .on_done = std::move(on_done),
                         .accepted_ms = own.time.monotonic_ms()});
  }
  own.came.notify_one();
  return true;
}

std::size_t topic_writer::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->unanswered;
}

bool topic_writer::connected() const {
  return state_->is_connected;
}

std::string topic_writer::problem() const {
  const std::lock_guard lock(state_->mutex);
  return state_->problem;
}

}  // namespace marquee::booking
