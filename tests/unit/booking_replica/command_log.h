#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "booking_app/log/command_feed.h"

namespace marquee::booking {

/// Commands as front end 2 writes them, with offsets and times one after the other: stands in for the log.
class command_log {
 public:
  explicit command_log(std::int64_t first_timestamp_ms = 1'700'000'000'000) : time_ms_(first_timestamp_ms) {}

  std::int64_t add(std::string value) {
    const auto offset = static_cast<std::int64_t>(messages_.size());
    messages_.push_back({.offset = offset, .timestamp_ms = time_ms_++, .value = std::move(value)});
    return offset;
  }
  std::int64_t add_command(const std::string& type, const std::string& client, const std::string& body,
                           const std::string& reply_to = "fe-2") {
    return add(R"({"v":1,"type":")" + type + R"(","client_id":")" + client + R"(","seq":)" +
               std::to_string(++seq_) + R"(,"reply_to":")" + reply_to + R"(","body":)" + body + "}");
  }
  std::int64_t add_show(const std::string& id) {
    return add_command("show.add", "admin",
                       R"({"show_id":")" + id +
                           R"(","movie":"Dune","hall":"1","starts_at_ms":1800000000000,"rows":25,"cols":7})");
  }
  std::int64_t add_reserve(const std::string& client, const std::string& show, const std::string& seat) {
    return add_command("seat.reserve", client,
                       R"({"show_id":")" + show + R"(","seats":[")" + seat + R"("]})");
  }
  std::int64_t add_tick() { return add(R"({"v":1,"type":"tick","client_id":"_fe-1","body":{}})"); }

  [[nodiscard]] const std::vector<logged_message>& all() const { return messages_; }
  [[nodiscard]] std::vector<logged_message> from(std::int64_t first, std::int64_t end) const {
    return {messages_.begin() + first, messages_.begin() + end};
  }
  [[nodiscard]] std::vector<logged_message> from(std::int64_t first) const {
    return from(first, static_cast<std::int64_t>(messages_.size()));
  }

 private:
  std::int64_t time_ms_;
  std::int64_t seq_ = 0;
  std::vector<logged_message> messages_;
};

}  // namespace marquee::booking
