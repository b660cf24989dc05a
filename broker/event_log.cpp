#include "broker/event_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace marquee::broker {

namespace {
/// A life of a broker has room for this many events; together still exact as a double for 2 million lives.
constexpr int bits_of_one_life = 32;
}  // namespace

bool told_event::matches(const event_filter& filter) const {
  if (topic_id.empty()) return true;
  if (!filter.topic.empty() && filter.topic != topic && filter.topic != topic_id) return false;
  return !filter.partition || *filter.partition == partition;
}

event_log::event_log(const clock& time, std::function<std::string(const uuid&)> topic_name,
                     std::size_t capacity)
    : time_(time), topic_name_(std::move(topic_name)), capacity_(capacity) {}

void event_log::begin(broker_id self, boot_count boot) {
  const std::lock_guard lock(mutex_);
  self_ = self.value();
  newest_ = static_cast<std::uint64_t>(boot.value()) << bits_of_one_life;
}

void event_log::publish(const raft::raft_event& what) {
  told_event told;
  told.name = std::string(what.name);
  nlohmann::json json = {{"event", told.name}, {"broker_id", self_}, {"at_ms", time_.wall_ms()}};
  if (what.group) {
    told.topic = topic_name_(what.group->topic_id);
    told.topic_id = to_string(what.group->topic_id);
    told.partition = what.group->partition.value();
    json["topic"] = told.topic.empty() ? nlohmann::json(nullptr) : nlohmann::json(told.topic);
    json["topic_id"] = told.topic_id;
    json["partition"] = told.partition;
    json["term"] = what.term.value();
  }
  if (what.other) json["other"] = what.other->value();
  if (told.name.starts_with("vote_") || told.name == "election_started") json["pre_vote"] = what.pre_vote;
  if (!what.why.empty()) json["why"] = what.why;
  {
    const std::lock_guard lock(mutex_);
    told.id = ++newest_;
    json["id"] = told.id;
    told.json = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    events_.push_back(std::move(told));
    if (events_.size() > capacity_) events_.pop_front();
  }
  changed_.wake_all();
}

event_log::page event_log::after(std::uint64_t position, const event_filter& filter, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  page found{.events = {}, .position = newest_, .missed = 0};
  const std::uint64_t oldest = newest_ + 1 - events_.size();
  // One from the future, or from before the last restart, is of another life: whatever is here is new.
  if (position > newest_) found.missed = 1;
  if (position > 0 && position + 1 < oldest) {
    const bool same_life = position >> bits_of_one_life == newest_ >> bits_of_one_life;
    found.missed = same_life ? oldest - position - 1 : 1;
  }
  const std::uint64_t from = found.missed > 0 ? oldest : std::max(position + 1, oldest);
  for (std::size_t i = from - oldest; i < events_.size(); ++i) {
    if (!events_[i].matches(filter)) continue;
    found.events.push_back(events_[i]);
    if (found.events.size() < most) continue;
    found.position = events_[i].id;
    break;
  }
  return found;
}

std::uint64_t event_log::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::shared_ptr<void> event_log::subscribe() {
  if (subscribers_->fetch_add(1) >= subscribers_most) {
    subscribers_->fetch_sub(1);
    return nullptr;
  }
  return {static_cast<void*>(subscribers_.get()), [counter = subscribers_](void*) { counter->fetch_sub(1); }};
}

}  // namespace marquee::broker
