#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "booking_app/machine/answer_code.h"
#include "booking_app/machine/answer_key.h"
#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/text_map.h"

namespace marquee::booking {

/// What the state machine says to one command. `body` is canonical JSON: equal content, equal text.
struct answer {
  answer_code code = answer_code::bad_command;
  std::string body;
  std::optional<std::int64_t> show_version;
};

void describe(auto& archive, is_entity<answer> auto& a) {
  archive(a.code, a.body, a.show_version);
}

/// An answer that a retry of the same command gets again.
struct stored_answer {
  std::int64_t offset = 0;  ///< of the record that was executed
  std::int64_t first_used_ms = 0;
  std::uint64_t payload_high = 0;  ///< hash of type and body
  std::uint64_t payload_low = 0;
  answer content;
  digest_value share = {};
};

void describe(auto& archive, is_entity<stored_answer> auto& s) {
  archive(s.offset, s.first_used_ms, s.payload_high, s.payload_low, s.content);
}

/// What is remembered of a client's commands.
struct client {
  std::string id;
  std::int64_t highest_sequence = 0;
  std::int64_t ack_below = 0;
  std::map<std::int64_t, stored_answer> by_sequence;
  text_map<stored_answer> by_key;
  std::map<std::int64_t, std::string> keys_by_offset;  ///< oldest first; made from `by_key`
  digest_value share = {};
};

void describe(auto& archive, is_entity<client> auto& c) {
  archive(c.id, c.highest_sequence, c.ack_below);
}

/// A stored answer with whose and which it is: what the digest covers.
struct keyed_answer {
  const std::string& client;
  const answer_key& key;
  const stored_answer& stored;
};

void describe(auto& archive, is_entity<keyed_answer> auto& k) {
  archive(k.client, k.key, k.stored);
}

/// The answers that clients were given: a window of 64 sequence numbers each, less what they acknowledged,
/// and keys for 24 h, at most 10,000 each. This is what makes a retry harmless.
class client_table {
 public:
  static constexpr std::int64_t window = 64;
  static constexpr std::size_t most_keys = 10'000;

  explicit client_table(entity_digest& digest) : digest_(digest) {}

  [[nodiscard]] const client* find(std::string_view id) const;
  /// The client, made known if it is not.
  client& open(std::string_view id);
  /// Drops what the client says it no longer asks for.
  void acknowledge(client& known, std::int64_t ack_below);
  [[nodiscard]] static bool is_too_old(const client& known, std::int64_t sequence);
  [[nodiscard]] static const stored_answer* find_answer(const client& known, const answer_key& key);

  void store(client& known, const answer_key& key, stored_answer executed);
  /// For a waiting `lock.acquire` whose wait has ended; nothing if the answer is no longer kept, or the key
  /// stands for another command.
  void replace(std::string_view id, const answer_key& key, std::int64_t offset, const answer& content);
  /// Drops keys first used 24 h before `time_ms`.
  void forget(std::int64_t time_ms);

  void visit(auto&& visitor, walk order = walk::sorted) const {
    visit_values(clients_, order, [&](const client& known) { visitor(entity_kind::client, known); });
  }
  void visit_answers(auto&& visitor, walk order = walk::sorted) const {
    visit_values(clients_, order, [&](const client& known) {
      for (const auto& [sequence, stored] : known.by_sequence) {
        const answer_key key{sequence, ""};
        visitor(entity_kind::stored_answer, keyed_answer{known.id, key, stored});
      }
      for (const auto& [offset, text] : known.keys_by_offset) {
        const answer_key key{0, text};
        visitor(entity_kind::stored_answer, keyed_answer{known.id, key, known.by_key.find(text)->second});
      }
    });
  }
  void restore(client read);
  void restore_answer(const std::string& id, const answer_key& key, stored_answer read);
  /// After all answers of a snapshot were restored.
  void restore_memory();

 private:
  struct aged_key {
    std::int64_t first_used_ms;
    std::int64_t offset;
    client* owner;
  };
  stored_answer* find_mutable(client& known, const answer_key& key);
  void trim(client& known);
  void drop_key(client& known, std::int64_t offset);
  void insert(client& known, const answer_key& key, stored_answer added);

  entity_digest& digest_;
  text_map<client> clients_;
  std::deque<aged_key> ages_;
};

}  // namespace marquee::booking
