#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "booking_app/machine/outcome.h"
#include "net/wake_point.h"

namespace marquee::booking {

/// The objects of a list of events as the machine writes it.
[[nodiscard]] std::vector<std::string_view> split_events(std::string_view list);

/// What happened to each live session since its client was last told: changes of the session and of its
/// locks, and what its client cannot know otherwise (an offer, an admission, a hold that expired, a booking
/// that was moved or cancelled with its show). A client may hear of the same from another front end: the
/// events carry their offset. Bounded: the oldest of a session go first. On the front end's loop.
class session_events {
 public:
  static constexpr std::size_t most_events = 64;

  /// Of every record, in order.
  void on_applied(const outcome& result);
  /// The session is live, and its client will ask for its events.
  void listen(std::int64_t session, std::string_view client);
  /// JSON objects, oldest first.
  [[nodiscard]] std::vector<std::string> take(std::int64_t session);
  /// Woken when the session has an event, and when it ends.
  [[nodiscard]] net::wake_point changed(std::int64_t session);
  [[nodiscard]] bool has_events(std::int64_t session) const;
  [[nodiscard]] std::size_t sessions() const { return inboxes_.size(); }
  /// Whoever waits looks again: the process stops.
  void wake_all();

 private:
  struct inbox {
    std::string client;  ///< quoted, as in events
    std::deque<std::string> events;
    net::wake_point changed;
  };
  void sort(std::string_view event, const outcome& result);
  void give(std::int64_t session, std::string_view event, const outcome& result);
  void remove(std::int64_t session);

  std::unordered_map<std::int64_t, inbox> inboxes_;
  std::unordered_multimap<std::string, std::int64_t> of_client_;
};

}  // namespace marquee::booking
