#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/uuid.h"
#include "db/opaque_id.h"

namespace marquee::db {

enum class activity_kind : std::uint8_t { producer, consumer, group_member, broker };

[[nodiscard]] std::string_view to_string(activity_kind kind);
[[nodiscard]] std::optional<activity_kind> activity_kind_of(std::string_view text);
[[nodiscard]] activity_kind activity_kind_of(client_kind kind);

struct activity_key {
  activity_kind kind = activity_kind::producer;
  std::int64_t number = 0;  ///< of the client, or the broker id

  auto operator<=>(const activity_key&) const = default;
};

/// When somebody was last heard of.
struct activity_item {
  activity_key key{};
  uuid topic_id{};  ///< of a broker: none
  std::int64_t last_seen_ms = 0;

  bool operator==(const activity_item&) const = default;
};

/// Last-seen times of clients and brokers: those that this process heard, and those that others wrote down.
/// A state machine without clock or I/O; belongs to one loop. Holds at most `most` items and a tenth; then
/// those that were silent longest are forgotten. A time never goes back.
class activity_table {
 public:
  explicit activity_table(std::size_t most = 100'000) : most_(most) {}

  /// Heard here: will be written down. On the path of every produce, so it costs one look-up.
  void note(const activity_item& heard);
  /// Read from what others wrote.
  void merge(const activity_item& read);
  /// What is to be written down, at most so many, by key; counts as written until `put_back`.
  [[nodiscard]] std::vector<activity_item> take_unwritten(std::size_t most);
  void put_back(const std::vector<activity_item>& items);
  void forget_if(const std::function<bool(const activity_item&)>& gone);

  /// Oldest first.
  [[nodiscard]] std::vector<activity_item> items() const;
  [[nodiscard]] std::optional<std::int64_t> last_seen_ms(const activity_key& key) const;
  /// Those that were not heard for `silent_ms` and were not given by this function since they were last
  /// heard; oldest first.
  [[nodiscard]] std::vector<activity_item> take_newly_silent(std::int64_t now_ms, std::int64_t silent_ms);
  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  struct key_hash {
    std::size_t operator()(const activity_key& key) const {
      return std::hash<std::int64_t>()(key.number * 4 + static_cast<std::int64_t>(key.kind));
    }
  };
  struct entry {
    uuid topic_id{};
    std::int64_t last_seen_ms = 0;
    bool unwritten = false;
    bool told_silent = false;
  };
  /// True if it is news.
  bool take(const activity_item& item);
  void make_room();

  std::size_t most_;
  std::unordered_map<activity_key, entry, key_hash> items_;
};

}  // namespace marquee::db
