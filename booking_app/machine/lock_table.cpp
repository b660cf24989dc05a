#include "booking_app/machine/lock_table.h"

#include <algorithm>

namespace marquee::booking {
namespace {

/// Older asks of one waiter keep the answer WAITING; a client has no more than these in its window anyway.
constexpr std::size_t most_asks = 64;

std::vector<std::string> due(const std::set<std::pair<std::int64_t, std::string>>& deadlines,
                             std::int64_t time_ms) {
  std::vector<std::string> names;
  for (const auto& [deadline_ms, name] : deadlines) {
    if (deadline_ms > time_ms) break;
    names.push_back(name);
  }
  return names;
}

}  // namespace

const lock* lock_table::find(std::string_view name) const {
  const auto found = locks_.find(name);
  return found == locks_.end() ? nullptr : &found->second;
}

const lock_waiter* lock_table::find_waiter(std::int64_t session, std::string_view name) const {
  const auto found = waits_.find({session, std::string(name)});
  return found == waits_.end() ? nullptr : &find(name)->waiters.at(found->second);
}

std::vector<std::string> lock_table::held_by(std::int64_t session) const {
  std::vector<std::string> names;
  for (auto it = held_.lower_bound({session, ""}); it != held_.end() && it->first == session; ++it)
    names.push_back(it->second);
  return names;
}

std::vector<std::string> lock_table::waited_for_by(std::int64_t session) const {
  std::vector<std::string> names;
  for (auto it = waits_.lower_bound({session, ""}); it != waits_.end() && it->first.first == session; ++it)
    names.push_back(it->first.second);
  return names;
}

const lock& lock_table::acquire_name(std::string_view name) {
  const auto [found, is_new] = locks_.try_emplace(std::string(name));
  if (is_new) {
    found->second.name = name;
    digest_.update(entity_kind::lock, found->second);
  }
  return found->second;
}

std::int64_t lock_table::grant(std::string_view name, std::int64_t session, std::string client,
                               std::int64_t ttl_ms, std::int64_t time_ms) {
  lock& granted = at(name);
  ++counter_.last;
  digest_.update(entity_kind::token_counter, counter_);
  granted.grant = lock_grant{counter_.last, session, std::move(client), ttl_ms, time_ms + ttl_ms};
  held_.emplace(session, granted.name);
  grant_deadlines_.emplace(time_ms + ttl_ms, granted.name);
  digest_.update(entity_kind::lock, granted);
  return counter_.last;
}

void lock_table::renew(std::string_view name, std::int64_t ttl_ms, std::int64_t time_ms) {
  lock& renewed = at(name);
  grant_deadlines_.erase({renewed.grant->deadline_ms, renewed.name});
  renewed.grant->ttl_ms = ttl_ms;
  renewed.grant->deadline_ms = time_ms + ttl_ms;
  grant_deadlines_.emplace(renewed.grant->deadline_ms, renewed.name);
  digest_.update(entity_kind::lock, renewed);
}

void lock_table::end_grant(std::string_view name, grant_end how, std::int64_t free_at_ms) {
  lock& ended = at(name);
  grant_deadlines_.erase({ended.grant->deadline_ms, ended.name});
  held_.erase({ended.grant->session, ended.name});
  for (staged_append& staged : ended.staged) digest_.remove(staged);
  ended.staged.clear();
  ended.staged_bytes = 0;
  ended.last_token = ended.grant->token;
  ended.last_end = how;
  ended.grant.reset();
  ended.free_at_ms = free_at_ms;
  delays_.emplace(free_at_ms, ended.name);
  digest_.update(entity_kind::lock, ended);
}

void lock_table::clear_delay(std::string_view name) {
  lock& freed = at(name);
  delays_.erase({*freed.free_at_ms, freed.name});
  freed.free_at_ms.reset();
  digest_.update(entity_kind::lock, freed);
}

void lock_table::stage(std::string_view name, std::string target, std::string data) {
  lock& holder = at(name);
  holder.staged_bytes += static_cast<std::int64_t>(data.size());
  holder.staged.push_back(
      {holder.name, static_cast<std::int64_t>(holder.staged.size()), std::move(target), std::move(data), {}});
  digest_.update(entity_kind::staged_append, holder.staged.back());
}

void lock_table::add_waiter(lock_waiter waiter) {
  lock& wanted = at(waiter.lock);
  const std::int64_t since = waiter.since;
  lock_waiter& added = wanted.waiters.insert_or_assign(since, std::move(waiter)).first->second;
  waits_[{added.session, added.lock}] = since;
  if (added.deadline_ms) wait_deadlines_.emplace(*added.deadline_ms, since, added.lock);
  digest_.update(entity_kind::lock_waiter, added);
}

void lock_table::add_ask(std::int64_t session, std::string_view name, lock_ask ask) {
  lock_waiter& waiter = at(name).waiters.at(waits_.at({session, std::string(name)}));
  if (waiter.asks.size() >= most_asks) waiter.asks.erase(waiter.asks.begin());
  waiter.asks.push_back(std::move(ask));
  digest_.update(entity_kind::lock_waiter, waiter);
}

void lock_table::set_reply_to(std::int64_t session, std::string_view name, const answer_key& key,
                              const std::string& reply_to) {
  const auto found = waits_.find({session, std::string(name)});
  if (found == waits_.end()) return;
  for (lock_ask& ask : at(name).waiters.at(found->second).asks)
    if (ask.key == key) ask.reply_to = reply_to;
}

lock_waiter lock_table::remove_waiter(std::string_view name, std::int64_t since) {
  lock& wanted = at(name);
  const auto found = wanted.waiters.find(since);
  lock_waiter gone = std::move(found->second);
  wanted.waiters.erase(found);
  waits_.erase({gone.session, gone.lock});
  if (gone.deadline_ms) wait_deadlines_.erase({*gone.deadline_ms, since, gone.lock});
  digest_.remove(gone);
  return gone;
}

std::vector<std::pair<std::string, std::int64_t>> lock_table::due_waiters(std::int64_t time_ms) const {
  std::vector<std::pair<std::string, std::int64_t>> waiters;
  for (const auto& [deadline_ms, since, name] : wait_deadlines_) {
    if (deadline_ms > time_ms) break;
    waiters.emplace_back(name, since);
  }
  return waiters;
}

std::vector<std::string> lock_table::due_grants(std::int64_t time_ms) const {
  return due(grant_deadlines_, time_ms);
}

std::vector<std::string> lock_table::due_delays(std::int64_t time_ms) const {
  std::vector<std::string> names = due(delays_, time_ms);
  std::ranges::sort(names);
  return names;
}

std::optional<std::int64_t> lock_table::next_deadline() const {
  std::optional<std::int64_t> next;
  const auto consider = [&](std::int64_t deadline_ms) {
    next = std::min(next.value_or(deadline_ms), deadline_ms);
  };
  if (!wait_deadlines_.empty()) consider(std::get<0>(*wait_deadlines_.begin()));
  if (!grant_deadlines_.empty()) consider(grant_deadlines_.begin()->first);
  if (!delays_.empty()) consider(delays_.begin()->first);
  return next;
}

void lock_table::restore_counter(const token_counter& counter) {
  counter_.last = counter.last;
  digest_.update(entity_kind::token_counter, counter_);
}

void lock_table::restore(lock read) {
  const std::string name = read.name;
  lock& added = locks_.insert_or_assign(name, std::move(read)).first->second;
  if (added.grant) {
    held_.emplace(added.grant->session, name);
    grant_deadlines_.emplace(added.grant->deadline_ms, name);
  }
  if (added.free_at_ms) delays_.emplace(*added.free_at_ms, name);
  digest_.update(entity_kind::lock, added);
}

}  // namespace marquee::booking
