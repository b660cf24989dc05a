#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/lock.h"

namespace marquee::booking {

/// The counter that tokens come from, growing over all locks.
struct token_counter {
  std::int64_t last = 0;
  digest_value share = {};
};

void describe(auto& archive, is_entity<token_counter> auto& c) {
  archive(c.last);
}

/// All locks with their queues and what is staged under them.
class lock_table {
 public:
  explicit lock_table(entity_digest& digest) : digest_(digest) {
    digest_.update(entity_kind::token_counter, counter_);
  }

  [[nodiscard]] const lock* find(std::string_view name) const;
  [[nodiscard]] const lock_waiter* find_waiter(std::int64_t session, std::string_view name) const;
  /// Names of the locks that a session has, or waits for, by their bytes.
  [[nodiscard]] std::vector<std::string> held_by(std::int64_t session) const;
  [[nodiscard]] std::vector<std::string> waited_for_by(std::int64_t session) const;

  /// Makes the lock known if it is not.
  const lock& acquire_name(std::string_view name);
  /// The lock must be free; returns the token of the new grant.
  std::int64_t grant(std::string_view name, std::int64_t session, std::string client, std::int64_t ttl_ms,
                     std::int64_t time_ms);
  void renew(std::string_view name, std::int64_t ttl_ms, std::int64_t time_ms);
  /// Ends the grant and drops what is staged. `free_at_ms`: nobody gets the lock before.
  void end_grant(std::string_view name, grant_end how, std::int64_t free_at_ms);
  void clear_delay(std::string_view name);
  void stage(std::string_view name, std::string target, std::string data);

  void add_waiter(lock_waiter waiter);
  void add_ask(std::int64_t session, std::string_view name, lock_ask ask);
  /// The front end that asked again with a key of the waiter's gets the second reply.
  void set_reply_to(std::int64_t session, std::string_view name, const answer_key& key,
                    const std::string& reply_to);
  lock_waiter remove_waiter(std::string_view name, std::int64_t since);

  /// (name, since) of waiters past `max_wait_ms`, by (deadline, since).
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> due_waiters(std::int64_t time_ms) const;
  /// Names of locks past their TTL, by (deadline, name).
  [[nodiscard]] std::vector<std::string> due_grants(std::int64_t time_ms) const;
  /// Names of free locks whose delay is over, by name.
  [[nodiscard]] std::vector<std::string> due_delays(std::int64_t time_ms) const;
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

  [[nodiscard]] const std::map<std::string, lock, std::less<>>& all() const { return locks_; }
  [[nodiscard]] const token_counter& counter() const { return counter_; }
  void restore_counter(const token_counter& counter);
  /// A lock from a snapshot, without its waiters and staged data, which follow.
  void restore(lock read);

  void visit(auto&& visitor) const {
    for (const auto& [name, one] : locks_) visitor(entity_kind::lock, one);
  }
  void visit_waiters(auto&& visitor) const {
    for (const auto& [name, one] : locks_)
      for (const auto& [since, waiter] : one.waiters) visitor(entity_kind::lock_waiter, waiter);
  }
  void visit_staged(auto&& visitor) const {
    for (const auto& [name, one] : locks_)
      for (const staged_append& staged : one.staged) visitor(entity_kind::staged_append, staged);
  }

 private:
  lock& at(std::string_view name) { return locks_.find(name)->second; }

  entity_digest& digest_;
  token_counter counter_;
  std::map<std::string, lock, std::less<>> locks_;
  std::set<std::pair<std::int64_t, std::string>> held_;
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> waits_;
  std::set<std::tuple<std::int64_t, std::int64_t, std::string>> wait_deadlines_;
  std::set<std::pair<std::int64_t, std::string>> grant_deadlines_;
  std::set<std::pair<std::int64_t, std::string>> delays_;
};

}  // namespace marquee::booking
