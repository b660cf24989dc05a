#include "booking_app/log/command_feed.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/logging.h"
#include "booking_app/log/stoppable_thread.h"
#include "client/administrator.h"
#include "client/consumer.h"
#include "client/interruption.h"

namespace marquee::booking {

namespace {

using marquee::client::api_failure;
using nlohmann::json;

constexpr const char* component = "booking.feed";
constexpr std::int64_t deadline_ms = 5'000;
constexpr std::int64_t longest_pause_ms = 200;
constexpr std::int64_t farewell_ms = 500;
/// An answer with less than this is all there was: the cluster reads ahead more.
constexpr std::size_t least_cut_bytes = std::size_t{256} << 10;

/// Attempts end early, so that `connected` and the log tell what is going on.
marquee::client::client_options impatient(marquee::client::client_options cluster,
                                          const std::shared_ptr<marquee::client::interruption>& stopper) {
  cluster.deadline_ms = std::min(cluster.deadline_ms, deadline_ms);
  cluster.longest_pause_ms = std::min(cluster.longest_pause_ms, longest_pause_ms);
  cluster.stopper = stopper;
  return cluster;
}

}  // namespace

struct command_feed::state {
  state(marquee::client::client_options cluster, feed_options wanted, sink give,
        std::function<void(const std::string&)> broken)
      : own_cluster(cluster),
        options(std::move(wanted)),
        on_messages(std::move(give)),
        on_broken(std::move(broken)),
        stopper(std::make_shared<marquee::client::interruption>()),
        watched_cluster(impatient(std::move(cluster), stopper)) {
    if (options.start == feed_start::at_offset) next[0] = options.first_offset;
  }

  const marquee::client::client_options own_cluster;
  const feed_options options;
  const sink on_messages;
  const std::function<void(const std::string&)> on_broken;
  const std::shared_ptr<marquee::client::interruption> stopper;
  const marquee::client::client_options watched_cluster;
  std::atomic<bool> is_connected = false;
  std::atomic<bool> is_positioned = false;

  mutable std::mutex mutex{};
  std::string problem = "the cluster was not reached";  ///< under the mutex

  // Only on the feed's thread:
  std::optional<marquee::client::consumer> reader{};
  std::map<std::int32_t, std::int64_t> next{};  ///< of the partitions whose next offset is known
  std::string topic_id{};                       ///< of the first registration
  bool is_broken = false;
  bool sought_hole = false;  ///< the hole that was found was asked for once more
  std::string last_problem{};
  std::optional<std::int64_t> misplaced_since_ms{};
  std::optional<std::int64_t> at_end_ms{};
  system_clock time{};

  stoppable_thread thread{};  ///< last: what it uses is still there when it ends

  void run();
  void break_off(const std::string& why);
  void set_problem(std::string what);
  void note_failure(const api_failure& failure);
  void note_success();
  marquee::client::outcome<> open_reader();
  marquee::client::outcome<> check_topic();
  marquee::client::outcome<> find_end();
  marquee::client::outcome<> go_to_next();
  void read();
  [[nodiscard]] bool holds_all(const marquee::client::consumed& got) const;
  void give(marquee::client::consumed got);
  void handle_hole(std::int32_t partition, std::int64_t found, std::int64_t skipped);
  void say_farewell();
};

void command_feed::state::break_off(const std::string& why) {
  is_broken = true;
  is_connected = false;
  set_problem(why);
  log_error(component, "{} cannot be read any further: {}", options.topic, escape_for_log(why));
  on_broken(why);
}

void command_feed::state::set_problem(std::string what) {
  const std::lock_guard lock(mutex);
  problem = std::move(what);
}

void command_feed::state::note_failure(const api_failure& failure) {
  if (stopper->is_requested() || is_broken) return;
  is_connected = false;
  if (failure.code != last_problem)
    log_warning(component, "{} cannot be read, tries again: {}", options.topic,
                escape_for_log(to_string(failure)));
  last_problem = failure.code;
  set_problem(to_string(failure));
}

void command_feed::state::note_success() {
  if (!is_connected && !last_problem.empty()) log_info(component, "{} can be read again", options.topic);
  misplaced_since_ms.reset();
  if (is_connected) return;
  last_problem.clear();
  set_problem("");
  is_connected = true;
}

/// A topic that was deleted and made anew has other messages under the same offsets.
marquee::client::outcome<> command_feed::state::check_topic() {
  const auto described = marquee::client::administrator(watched_cluster).describe_topic(options.topic);
  if (!described) return std::unexpected(described.error());
  const json answer = json::parse(*described, nullptr, false);
  const json topic = answer.is_object() ? answer.value("topic", json()) : json();
  const json id = topic.is_object() ? topic.value("topic_id", json()) : json();
  if (!id.is_string()) return {};
  if (topic_id.empty()) topic_id = id.get<std::string>();
  if (topic_id != id.get<std::string>())
    break_off("the topic was deleted and made anew: it is " + id.get<std::string>() + " and was " + topic_id);
  return {};
}

marquee::client::outcome<> command_feed::state::find_end() {
  const auto positions = reader->positions();
  if (!positions) return std::unexpected(positions.error());
  for (const auto& one : *positions) next.try_emplace(one.partition, one.offset);
  return {};
}

marquee::client::outcome<> command_feed::state::go_to_next() {
  std::vector<marquee::client::partition_position> positions;
  for (const auto& [partition, offset] : next)
    positions.push_back({.partition = partition, .offset = offset});
  auto sought = reader->seek(positions);
  if (sought || sought.error().code != "INVALID_POSITION") return sought;
  const std::int64_t now_ms = time.monotonic_ms();
  if (!misplaced_since_ms) misplaced_since_ms = now_ms;
  if (now_ms - *misplaced_since_ms >= options.patience_ms)
    break_off("the log does not have what comes next here: " + to_string(sought.error()));
  return sought;
}

/// Registers, at the place where the feed is.
marquee::client::outcome<> command_feed::state::open_reader() {
  reader.reset();
  if (auto checked = check_topic(); !checked || is_broken) return checked;
  const bool from_end = options.start == feed_start::at_end && !is_positioned;
  auto registered = marquee::client::consumer::register_at(
      watched_cluster, options.topic,
      from_end ? marquee::client::start_position::latest : marquee::client::start_position::earliest);
  if (!registered) return std::unexpected(registered.error());
  reader.emplace(std::move(*registered));
  auto placed = from_end ? find_end() : go_to_next();
  if (!placed) {
    reader.reset();
    return placed;
  }
  note_success();
  if (!is_positioned) log_info(component, "{} is read from offset {}", options.topic, next[0]);
  is_positioned = true;
  return {};
}

void command_feed::state::run() {
  while (!stopper->is_requested() && !is_broken) {
    if (!reader) {
      const auto opened = open_reader();
      if (!opened) {
        note_failure(opened.error());
        thread.pause(longest_pause_ms);
      }
      continue;
    }
    read();
  }
  if (reader && is_connected) say_farewell();
}

void command_feed::state::read() {
  // Positions are only sought, never committed on the way: a commit costs the cluster a write for each
  // answer, and the feed knows by itself where it is.
  auto got = reader->consume({.max_messages = options.most_messages,
                              .wait_ms = options.wait_ms,
                              .commit = marquee::client::commit_mode::manual});
  if (got) {
    note_success();
    const std::int64_t received_ms = time.monotonic_ms();
    const bool is_all = holds_all(*got);
    give(std::move(*got));
    if (is_all) at_end_ms = received_ms;
    return;
  }
  const bool was_connected = is_connected;
  note_failure(got.error());
  if (got.error().retriable || stopper->is_requested()) return;
  reader.reset();
  if (!was_connected) thread.pause(longest_pause_ms);
}

bool command_feed::state::holds_all(const marquee::client::consumed& got) const {
  std::size_t size = 0;
  for (const marquee::client::received_message& one : got.messages) size += one.value ? one.value->size() : 0;
  return size < least_cut_bytes && got.messages.size() < static_cast<std::size_t>(options.most_messages) / 2;
}

/// Passes on what is new. A consumer that another manager took over begins again where it was sought to.
void command_feed::state::give(marquee::client::consumed got) {
  std::vector<logged_message> fresh;
  fresh.reserve(got.messages.size());
  std::optional<std::pair<std::int32_t, std::int64_t>> hole;
  bool saw_old = false;
  for (marquee::client::received_message& one : got.messages) {
    const auto expected = next.find(one.partition);
    if (expected != next.end() && one.offset < expected->second) {
      saw_old = true;
      continue;
    }
    if (options.dense && one.offset != (expected == next.end() ? 0 : expected->second)) {
      hole = {one.partition, one.offset};
      break;
    }
    next[one.partition] = one.offset + 1;
    fresh.push_back({.offset = one.offset,
                     .timestamp_ms = one.timestamp_ms,
                     .partition = one.partition,
                     .value = std::move(one.value).value_or("")});
  }
  if (!fresh.empty()) {
    sought_hole = false;
    on_messages(std::move(fresh));
  }
  if (hole) {
    handle_hole(hole->first, hole->second, got.skipped);
    return;
  }
  // Not message by message through all that was given before.
  if (!saw_old) return;
  if (const auto sought = go_to_next(); !sought) note_failure(sought.error());
}

void command_feed::state::handle_hole(std::int32_t partition, std::int64_t found, std::int64_t skipped) {
  if (sought_hole || skipped > 0) {
    break_off("offset " + std::to_string(next[partition]) + " is missing, the next one is " +
              std::to_string(found));
    return;
  }
  // Once more, in case that it was the consumer's place and not the log.
  sought_hole = true;
  if (const auto sought = go_to_next(); !sought) {
    note_failure(sought.error());
    if (!sought.error().retriable) reader.reset();
  }
}

/// Leaves no registration behind, if that is quick.
void command_feed::state::say_farewell() {
  marquee::client::client_options brief = own_cluster;
  brief.deadline_ms = farewell_ms;
  brief.connect_timeout_ms = farewell_ms;
  marquee::client::consumer registration(brief, options.topic, reader->id());
  reader.reset();
  (void)registration.remove();
}

command_feed::command_feed(marquee::client::client_options cluster, feed_options options, sink on_messages,
                           std::function<void(const std::string& why)> on_broken)
    : state_(std::make_unique<state>(std::move(cluster), std::move(options), std::move(on_messages),
                                     std::move(on_broken))) {
  state_->thread.start([own = state_.get()] { own->run(); });
}

command_feed::~command_feed() {
  stop();
}

void command_feed::stop() {
  state_->thread.stop([this] { state_->stopper->interrupt(); });
}

bool command_feed::connected() const {
  return state_->is_connected;
}

bool command_feed::positioned() const {
  return state_->is_positioned;
}

std::string command_feed::problem() const {
  const std::lock_guard lock(state_->mutex);
  return state_->problem;
}

std::optional<std::int64_t> command_feed::ms_since_end() const {
  if (!state_->at_end_ms) return std::nullopt;
  return state_->time.monotonic_ms() - *state_->at_end_ms;
}

}  // namespace marquee::booking
