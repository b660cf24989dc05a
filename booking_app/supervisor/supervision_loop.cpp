#include "booking_app/supervisor/supervision_loop.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/logging.h"
#include "booking_app/machine/json_writer.h"
#include "client/administrator.h"

namespace marquee::booking {
namespace {

constexpr const char* component = "booking.supervisor";
constexpr std::int64_t pause_ms = 500;

std::vector<std::string> ids_of(const std::vector<std::unique_ptr<replica_keeper>>& keepers) {
  std::vector<std::string> ids;
  for (const auto& keeper : keepers) ids.push_back(keeper->place().id);
  return ids;
}

/// The end of a topic's one partition, from GET /topics/{t}.
std::optional<std::int64_t> end_in(const std::string& description) {
  const nlohmann::json document = nlohmann::json::parse(description, nullptr, false);
  const nlohmann::json::json_pointer end("/topic/partitions/0/high_watermark");
  if (document.is_discarded() || !document.contains(end) || !document[end].is_number_integer())
    return std::nullopt;
  return document[end].get<std::int64_t>();
}

}  // namespace

supervision_loop::supervision_loop(supervision_options options,
                                   std::vector<std::unique_ptr<replica_keeper>>& keepers, const clock& time)
    : options_(std::move(options)), keepers_(keepers), time_(time), ledger_(ids_of(keepers)) {
  options_.cluster.is_cancelled = [this] { return stopping_.load(); };
  thread_ = std::thread([this] { run(); });
}

supervision_loop::~supervision_loop() {
  finish();
}

void supervision_loop::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

result<> supervision_loop::ready() const {
  const std::lock_guard lock(mutex_);
  if (!broken_.empty()) return fail(error_code::corrupt, broken_);
  if (!end_at_start_ || next_offset_ < *end_at_start_)
    return fail(error_code::unavailable,
                options_.topics.admin() + " has been read up to offset " + std::to_string(next_offset_) +
                    (end_at_start_ ? " of " + std::to_string(*end_at_start_) : ", and its end is not known"));
  return {};
}

std::string supervision_loop::report() const {
  const std::lock_guard lock(mutex_);
  json_writer out;
  out.open_object()
      .field("ledger_offset", next_offset_ - 1)
      .raw_field("replicas", report_.empty() ? "[]" : report_);
  return out.field("status", "success").close_object().take();
}

void supervision_loop::run() {
  if (!learn_end()) return;
  feed_ = std::make_unique<command_feed>(
      options_.cluster, feed_options{.topic = options_.topics.admin()},
      [this](const std::vector<logged_message>& messages) { fold(messages); },
      [this](const std::string& why) {
        log_error(component,
                  "{} cannot be read any further: {}. No replica is replaced until that is mended "
                  "and the supervisor is started again.",
                  options_.topics.admin(), why);
        const std::lock_guard lock(mutex_);
        broken_ = why;
      });
  while (pause(options_.look_ms)) {
    if (!ready()) continue;
    look_at_all(time_.monotonic_ms());
  }
  feed_.reset();
}

bool supervision_loop::learn_end() {
  client::administrator cluster(options_.cluster);
  bool was_told = false;
  while (!stopping_) {
    client::outcome<> made =
        ensure_topics(options_.cluster, options_.topics, [this] { return stopping_.load(); });
    client::outcome<std::string> described = std::string();
    if (made) described = cluster.describe_topic(options_.topics.admin());
    if (made && described) {
      const std::optional<std::int64_t> end = end_in(*described);
      const std::lock_guard lock(mutex_);
      end_at_start_ = end;
      if (end) return true;
    } else if (!std::exchange(was_told, true) && !stopping_) {
      log_warning(component, "waits for {}: {}", options_.topics.admin(),
                  client::to_string(made ? described.error() : made.error()));
    }
    pause(pause_ms);
  }
  return false;
}

void supervision_loop::fold(const std::vector<logged_message>& messages) {
  const std::lock_guard lock(mutex_);
  for (const logged_message& message : messages) {
    const result<ledger_entry> entry = decode_ledger_entry(message.value);
    if (entry) {
      ledger_.apply(*entry);
    } else {
      log_warning(component, "{} offset {} is passed over: {}", options_.topics.admin(), message.offset,
                  escape_for_log(entry.error().message));
    }
    next_offset_ = message.offset + 1;
  }
  has_changed_ = true;
  changed_.notify_all();
}

void supervision_loop::look_at_all(std::int64_t now_ms) {
  std::map<std::string, replica_ledger::replica> wanted;
  {
    const std::lock_guard lock(mutex_);
    wanted = ledger_.replicas();
  }
  json_writer out;
  out.open_array();
  for (const auto& keeper : keepers_) {
    if (stopping_) return;
    const replica_ledger::replica& one = wanted.at(keeper->place().id);
    keeper->look(one, now_ms);
    out.raw(keeper->report(one));
  }
  out.close_array();
  const std::lock_guard lock(mutex_);
  report_ = out.take();
}

bool supervision_loop::pause(std::int64_t duration_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(duration_ms),
                    [this] { return stopping_ || std::exchange(has_changed_, false); });
  return !stopping_;
}

}  // namespace marquee::booking
