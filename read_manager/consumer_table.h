#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "read_manager/owned_consumer.h"

namespace marquee::read_manager {

/// The consumers that this manager owns, by id. Holds at most a configured number: the least recently used
/// one that nobody works for makes room. Forgetting a consumer is always safe: its next request claims it
/// again and goes on at the committed position. Belongs to the manager's loop.
class consumer_table {
 public:
  explicit consumer_table(std::size_t most) : most_(most) {}

  /// Null if it is not owned here, or lost.
  [[nodiscard]] consumer_pointer find(const std::string& id);
  void insert(const consumer_pointer& consumer);
  void erase(const std::string& id);
  [[nodiscard]] std::size_t size() const { return consumers_.size(); }
  /// For requests that wait and have to look whether they still may.
  void wake_all() const;

  /// Frees the read-ahead of consumers that were not used since `idle_since_us`; then, while more than
  /// `most_bytes` are held, that of the least recently used ones, and after that their last answers. The
  /// consumers themselves stay: one that is forgotten reads again from what it committed. Returns what is
  /// still held.
  std::size_t free_memory(std::int64_t idle_since_us, std::size_t most_bytes);

  /// Records that the consumer that is furthest behind has not been given, as far as the last fetches showed.
  [[nodiscard]] std::int64_t largest_lag() const;

 private:
  void make_room();

  std::size_t most_;
  std::unordered_map<std::string, consumer_pointer> consumers_;
};

}  // namespace marquee::read_manager
