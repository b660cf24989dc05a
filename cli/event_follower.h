#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::cli {

/// Follows GET /events of several brokers at the same time, one thread each, and reconnects for as long as it
/// lives: with the last id that it has seen, so that nothing is missed while the broker kept it.
struct event_subscription {
  std::vector<std::string> brokers;  ///< host:port
  std::string target = "/events";    ///< with its filters
  /// One at a time, from any of the threads: the event's JSON text.
  std::function<void(const std::string& broker, const std::string& data)> on_event;
  /// A connection came up (empty) or could not be had or broke (why); told when that changes.
  std::function<void(const std::string& broker, const std::string& problem)> on_state;
};

/// Returns when `stop` says so, which is asked every 100 ms.
void follow_events(const event_subscription& wanted, const std::function<bool()>& stop);

/// Takes server-sent events apart, however they are cut.
class event_parser {
 public:
  /// `data` of each event that became complete goes to `on_data`, after `last_id` was set.
  void put(std::string_view bytes, const std::function<void(const std::string&)>& on_data);
  [[nodiscard]] const std::string& last_id() const { return last_id_; }
  /// A connection ended: what was incomplete is dropped.
  void restart();

 private:
  static constexpr std::size_t line_bytes_most = std::size_t{1} << 20;

  void take_line(std::string_view line, const std::function<void(const std::string&)>& on_data);

  std::string rest_;
  std::string data_;
  std::string id_;
  std::string last_id_;
};

}  // namespace marquee::cli
