#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "booking_app/machine/answer_key.h"
#include "booking_app/machine/entity_digest.h"

namespace marquee::booking {

/// One `lock.acquire` that was answered WAITING. Its stored answer changes when the wait ends, and a second
/// reply goes to the front end that asked last.
struct lock_ask {
  answer_key key;
  std::int64_t offset = 0;
  std::string reply_to;
};

void describe(auto& archive, is_entity<lock_ask> auto& a) {
  archive(a.key, a.offset);
  archive.beside_digest(a.reply_to);
}

/// A session's place in the queue of a lock.
struct lock_waiter {
  std::string lock;
  std::int64_t since = 0;  ///< offset of the first ask: the order of the queue
  std::int64_t session = 0;
  std::string client = {};
  std::int64_t ttl_ms = 0;
  std::optional<std::int64_t> deadline_ms = {};  ///< by `max_wait_ms`
  std::vector<lock_ask> asks = {};
  digest_value share = {};
};

void describe(auto& archive, is_entity<lock_waiter> auto& w) {
  archive(w.lock, w.since, w.session, w.client, w.ttl_ms, w.deadline_ms, w.asks);
}

/// Data that the holder wants appended to a lock file when it releases the lock.
struct staged_append {
  std::string lock;
  std::int64_t position = 0;
  std::string target;
  std::string data;
  digest_value share = {};
};

void describe(auto& archive, is_entity<staged_append> auto& s) {
  archive(s.lock, s.position, s.target, s.data);
}

enum class grant_end : std::uint8_t { none, lost, released };

struct lock_grant {
  std::int64_t token = 0;
  std::int64_t session = 0;
  std::string client;
  std::int64_t ttl_ms = 0;
  std::int64_t deadline_ms = 0;
};

void describe(auto& archive, is_entity<lock_grant> auto& g) {
  archive(g.token, g.session, g.client, g.ttl_ms, g.deadline_ms);
}

/// A lock that somebody acquired once. It stays known for ever, so that old tokens are told apart.
struct lock {
  std::string name;
  std::optional<lock_grant> grant;
  std::optional<std::int64_t> free_at_ms;  ///< nobody gets it before that (`lock_delay_ms`)
  std::int64_t last_token = 0;             ///< of the grant that ended last
  grant_end last_end = grant_end::none;

  std::vector<staged_append> staged;
  std::int64_t staged_bytes = 0;
  std::map<std::int64_t, lock_waiter> waiters;
  digest_value share = {};
};

/// Waiters and staged data are entities of their own.
void describe(auto& archive, is_entity<lock> auto& l) {
  archive(l.name, l.grant, l.free_at_ms, l.last_token, l.last_end);
}

}  // namespace marquee::booking
