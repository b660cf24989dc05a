#include "db/activity_table.h"

#include <algorithm>

namespace marquee::db {

namespace {

bool older(const activity_item& left, const activity_item& right) {
  return left.last_seen_ms != right.last_seen_ms ? left.last_seen_ms < right.last_seen_ms
                                                 : left.key < right.key;
}

}  // namespace

std::string_view to_string(activity_kind kind) {
  switch (kind) {
    case activity_kind::producer:
      return "producer";
    case activity_kind::consumer:
      return "consumer";
    case activity_kind::group_member:
      return "group_member";
    case activity_kind::broker:
      return "broker";
  }
  return "broker";
}

std::optional<activity_kind> activity_kind_of(std::string_view text) {
  for (const activity_kind kind :
       {activity_kind::producer, activity_kind::consumer, activity_kind::group_member, activity_kind::broker})
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

activity_kind activity_kind_of(client_kind kind) {
  switch (kind) {
    case client_kind::producer:
      return activity_kind::producer;
    case client_kind::consumer:
      return activity_kind::consumer;
    case client_kind::group_member:
      return activity_kind::group_member;
  }
  return activity_kind::producer;
}

bool activity_table::take(const activity_item& item) {
  const auto [place, added] = items_.try_emplace(item.key);
  if (!added && place->second.last_seen_ms >= item.last_seen_ms) return false;
  place->second.topic_id = item.topic_id;
  place->second.last_seen_ms = item.last_seen_ms;
  place->second.told_silent = false;
  if (added) make_room();
  return true;
}

void activity_table::note(const activity_item& heard) {
  if (!take(heard)) return;
  if (const auto found = items_.find(heard.key); found != items_.end()) found->second.unwritten = true;
}

void activity_table::merge(const activity_item& read) {
  static_cast<void>(take(read));
}

void activity_table::make_room() {
  if (items_.size() <= most_ + most_ / 10) return;
  std::vector<activity_item> all = items();
  all.resize(all.size() - most_);
  for (const activity_item& oldest : all) items_.erase(oldest.key);
}

std::vector<activity_item> activity_table::take_unwritten(std::size_t most) {
  std::vector<activity_item> taken;
  for (auto& [key, known] : items_) {
    if (taken.size() >= most) break;
    if (!known.unwritten) continue;
    known.unwritten = false;
    taken.push_back({key, known.topic_id, known.last_seen_ms});
  }
  // Managers that write the same rows at once take their locks in one order.
  std::ranges::sort(taken, {}, &activity_item::key);
  return taken;
}

void activity_table::put_back(const std::vector<activity_item>& items) {
  for (const activity_item& item : items)
    if (const auto found = items_.find(item.key); found != items_.end()) found->second.unwritten = true;
}

void activity_table::forget_if(const std::function<bool(const activity_item&)>& gone) {
  std::erase_if(items_, [&](const auto& item) {
    return gone({item.first, item.second.topic_id, item.second.last_seen_ms});
  });
}

std::vector<activity_item> activity_table::items() const {
  std::vector<activity_item> all;
  all.reserve(items_.size());
  for (const auto& [key, known] : items_) all.push_back({key, known.topic_id, known.last_seen_ms});
  std::ranges::sort(all, older);
  return all;
}

std::optional<std::int64_t> activity_table::last_seen_ms(const activity_key& key) const {
  const auto found = items_.find(key);
  return found == items_.end() ? std::nullopt : std::optional(found->second.last_seen_ms);
}

std::vector<activity_item> activity_table::take_newly_silent(std::int64_t now_ms, std::int64_t silent_ms) {
  std::vector<activity_item> silent;
  for (auto& [key, known] : items_) {
    if (known.told_silent || now_ms - known.last_seen_ms < silent_ms) continue;
    known.told_silent = true;
    silent.push_back({key, known.topic_id, known.last_seen_ms});
  }
  std::ranges::sort(silent, older);
  return silent;
}

}  // namespace marquee::db
