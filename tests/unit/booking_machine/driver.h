#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/machine.h"

namespace marquee::booking {

using json = nlohmann::json;

/// A machine with a log in front of it: writes the records that a front end would write, a millisecond apart
/// unless told otherwise, and reads the replies.
class driver {
 public:
  /// The reply to a new command of the client, under its next sequence number.
  json send(const std::string& client, const std::string& type, const json& body = json::object(),
            const json& extra = json::object());
  /// The same record again, as a retry would bring it.
  json repeat();
  /// The code alone.
  std::string code(const std::string& client, const std::string& type, const json& body = json::object(),
                   const json& extra = json::object()) {
    return send(client, type, body, extra)["code"];
  }
  /// A record of any bytes; the first reply, or null.
  json raw(std::string bytes);
  /// Lets booking time pass with ticks, one a second at most.
  void wait(std::int64_t ms);

  /// A session of the client: its id.
  std::string open_session(const std::string& client, const json& body = json::object()) {
    return send(client, "session.open", body)["body"]["session_id"];
  }
  void add_show(const std::string& id, int rows, int cols, json more = json::object());
  std::string reserve(const std::string& client, const std::string& show, std::vector<std::string> seats) {
    return send(client, "seat.reserve", {{"show_id", show}, {"seats", std::move(seats)}})["body"].value(
        "booking_id", "");
  }

  [[nodiscard]] const outcome& last() const { return last_; }
  [[nodiscard]] json events() const { return json::parse(last_.events); }
  [[nodiscard]] std::vector<std::string> event_types() const;
  /// The replies of the last record, parsed.
  [[nodiscard]] std::vector<json> replies() const;
  [[nodiscard]] seat_state state_of(const std::string& show, const std::string& seat) const;

  /// Time between records.
  std::int64_t step_ms = 1;
  machine target;

 private:
  void apply(const std::string& bytes);

  std::int64_t timestamp_ms_ = 1'000'000;
  std::map<std::string, std::int64_t> sequences_;
  std::string last_bytes_;
  outcome last_;
};

/// A JSON list of texts.
[[nodiscard]] inline json list(std::vector<std::string> texts) {
  return json(std::move(texts));
}

/// Checks that must hold after any record: counts add up, the digest is that of all entities, every held or
/// booked seat belongs to exactly one live holder.
void expect_consistent(const machine& target);

}  // namespace marquee::booking
