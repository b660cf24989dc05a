#include "booking_app/front_end/event_publisher.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/logging.h"
#include "booking_app/front_end/stored_position.h"
#include "client/interruption.h"

namespace marquee::booking {
namespace {

constexpr const char* component = "booking.front_end";

/// Stored already, by whomever: older than what the topic remembers of the shared producer, all of which was
/// written in order.
bool counts_as_stored(const marquee::client::outcome<marquee::client::stored_message>& answer) {
  return answer.has_value() || answer.error().code == "SEQUENCE_TOO_OLD";
}

}  // namespace

struct event_publisher::wake_up {
  std::mutex mutex;
  std::condition_variable came;
  bool is_due = true;

  void call() {
    {
      const std::lock_guard lock(mutex);
      is_due = true;
    }
    came.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex);
    came.wait(lock, [this] { return is_due; });
    is_due = false;
  }
};

event_publisher::event_publisher(options wanted, history& past, metrics_registry& metrics)
    : options_(std::move(wanted)),
      past_(past),
      published_offset_(metrics.gauge("marquee_booking_front_end_published_offset",
                                      "Newest command whose message in this topic is known to be stored.",
                                      {{"topic", options_.topic}})),
      refused_(metrics.counter("marquee_booking_front_end_unpublished_total",
                               "Messages that the cluster refused for good; the log says why.",
                               {{"topic", options_.topic}})),
      stopper_(std::make_shared<marquee::client::interruption>()),
      wake_up_(std::make_shared<wake_up>()) {
  options_.cluster.stopper = stopper_;
  past_.on_written(options_.kind, [wake = wake_up_] { wake->call(); });
}

event_publisher::~event_publisher() {
  thread_.stop([this] {
    stopper_->interrupt();
    wake_up_->call();
  });
}

void event_publisher::start(std::string producer_id) {
  if (std::exchange(started_, true)) return;
  thread_.start([this, id = std::move(producer_id)] { run(id); });
}

void event_publisher::run(const std::string& producer_id) {
  while (!stopper_->is_requested() && !find_position()) thread_.pause(options_.pause_ms);
  marquee::client::producer sender(options_.cluster, options_.topic, producer_id);
  while (!stopper_->is_requested()) {
    wake_up_->wait();
    if (options_.hold_back_ms > 0) {
      thread_.pause(options_.hold_back_ms);
      while (!stopper_->is_requested() && !find_position()) thread_.pause(options_.pause_ms);
    }
    while (!stopper_->is_requested() && publish_page(sender)) {
    }
  }
}

bool event_publisher::find_position() {
  is_ahead_ = false;
  const auto stored = newest_stored_offset(options_.cluster, options_.topic,
                                           [this](const std::string& message) { return is_ours(message); });
  if (!stored) {
    note_failure(stored.error());
    return false;
  }
  // Whoever writes what will never be true must not keep it up for ever.
  if (is_ahead_ && ++waits_for_history_ <= options_.most_waits_for_history) return false;
  next_offset_ = *stored + 1;
  published_ = *stored;
  published_offset_.set(*stored);
  return true;
}

/// Whoever writes something else into the topic must not move the position: what counts is what this front
/// end would have written.
bool event_publisher::is_ours(const std::string& message) {
  const std::int64_t offset = offset_in(message);
  if (offset < 0) return false;
  const auto page = past_.read_blocking({.kind = options_.kind, .from_offset = offset, .most_entries = 1});
  if (!page) return false;
  // Another front end may be ahead: this one will know soon whether it is true.
  is_ahead_ = is_ahead_ || (page->entries.empty() && page->next_offset <= offset);
  return !page->entries.empty() && page->entries.front().text == message;
}

bool event_publisher::publish_page(marquee::client::producer& sender) {
  const auto page = past_.read_blocking({.kind = options_.kind,
                                         .from_offset = next_offset_,
                                         .most_entries = 1'000,
                                         .most_bytes = std::size_t{2} << 20});
  if (!page) return false;  // the history has ended, and said so
  const std::span<const history_entry> all = page->entries;
  for (std::size_t first = 0; first < all.size() && !stopper_->is_requested();) {
    std::size_t end = first + 1;
    while (end < all.size() && all[end].offset == all[end - 1].offset + 1) ++end;
    if (publish_run(sender, all.subspan(first, end - first))) {
      first = end;
      next_offset_ = all[end - 1].offset + 1;
      published_ = all[end - 1].offset;
      published_offset_.set(all[end - 1].offset);
    } else {
      thread_.pause(options_.pause_ms);
    }
  }
  return page->more;
}

bool event_publisher::publish_run(marquee::client::producer& sender, std::span<const history_entry> run) {
  std::vector<marquee::client::message> messages;
  messages.reserve(run.size());
  for (const history_entry& entry : run) messages.push_back({.value = entry.text, .partition = 0});
  const auto answers = sender.produce_from(run.front().offset, messages);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (counts_as_stored(answers[i])) continue;
    const marquee::client::api_failure& failure = answers[i].error();
    const bool is_final = !failure.retriable && failure.code != "NOT_ATTEMPTED" && failure.status >= 400 &&
                          failure.status < 500 && failure.status != 404 && failure.status != 403;
    if (!is_final) {
      if (!stopper_->is_requested()) note_failure(failure);
      return false;
    }
    refused_.add();
    log_error(component, "the message of offset {} is not published in {}: {}", run[i].offset, options_.topic,
              escape_for_log(to_string(failure)));
  }
  if (!last_problem_.empty()) log_info(component, "{} can be written again", options_.topic);
  last_problem_.clear();
  return true;
}

void event_publisher::note_failure(const marquee::client::api_failure& failure) {
  if (failure.code != last_problem_)
    log_warning(component, "{} waits: {}", options_.topic, escape_for_log(to_string(failure)));
  last_problem_ = failure.code;
}

}  // namespace marquee::booking
