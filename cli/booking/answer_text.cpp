#include "cli/booking/answer_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "cli/booking/value_text.h"
#include "cli/json_text.h"
#include "cli/text_table.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

std::int64_t number_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

/// "1A 1B"; of objects, their ids.
std::string list_at(const json& object, const char* name, const char* field = "id") {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return "";
  std::string text;
  for (const json& item : *found) {
    if (!text.empty()) text += ' ';
    text += item.is_string() ? escape_for_log(item.get<std::string>())
                             : text_at(item.is_object() ? item : json::object(), field);
  }
  return text;
}

std::string money_at(const json& body, const char* name) {
  return money_text(number_at(body, name));
}

std::string time_at(const json& body, const char* name) {
  return duration_text(number_at(body, name));
}

/// " of S1", where the answer names a show.
std::string of_show(const json& body) {
  return body.contains("show_id") ? " of " + text_at(body, "show_id") : std::string();
}

std::string orphans(const json& body) {
  const std::string seats = list_at(body, "orphans");
  return seats.empty() ? "" : "\nleft alone: " + seats;
}

std::string reserved(const json& body) {
  if (body.contains("booking_ids")) return "booked: " + list_at(body, "booking_ids", "booking_id");
  return fmt::format("booked {}{}: booking {}, {}{}", list_at(body, "seats"), of_show(body),
                     text_at(body, "booking_id"), money_at(body, "price_cents"), orphans(body));
}

std::string held(const json& body) {
  return fmt::format("held {}{}: hold {}, {}, {} left{}", list_at(body, "seats"), of_show(body),
                     text_at(body, "hold_id"), money_at(body, "price_cents"), time_at(body, "expires_in_ms"),
                     orphans(body));
}

std::string extended(const json& body) {
  return fmt::format("{} has {} left", text_at(body, "hold_id"), time_at(body, "expires_in_ms"));
}

std::string released(const json& body) {
  if (body.contains("appended")) return fmt::format("released, {} appended", number_at(body, "appended"));
  const std::string seats = list_at(body, "seats");
  return seats.empty() ? "released" : "released " + seats;
}

std::string cancelled(const json& body) {
  return fmt::format("cancelled {}, {} back", list_at(body, "seats"), money_at(body, "refund_cents"));
}

std::string exchanged(const json& body) {
  return fmt::format("exchanged: booking {} is {}{}, {} to pay", text_at(body, "booking_id"),
                     list_at(body, "seats"), of_show(body), money_at(body, "diff_cents"));
}

std::string waiting(const json& body) {
  const std::string eta = body.contains("eta_ms") ? ", about " + time_at(body, "eta_ms") : std::string();
  return fmt::format("waiting at position {}{}", number_at(body, "position"), eta);
}

std::string session_opened(const json& body) {
  return fmt::format("session {}, lease {}, grace {}", text_at(body, "session_id"), time_at(body, "lease_ms"),
                     time_at(body, "grace_ms"));
}

std::string closed(const json& body) {
  return fmt::format("session closed, {} holds and {} locks released",
                     body.value("released_holds", json::array()).size(),
                     body.value("released_locks", json::array()).size());
}

std::string granted(const json& body) {
  return fmt::format("granted: token {}, {}", number_at(body, "token"), time_at(body, "ttl_ms"));
}

std::string show_removed(const json& body) {
  return fmt::format("removed; bookings cancelled: {}; moved: {}",
                     body.value("cancelled", json::array()).size(),
                     body.value("moved", json::array()).size());
}

using text_maker = std::function<std::string(const json&)>;

const std::map<std::string, text_maker, std::less<>>& texts() {
  static const std::map<std::string, text_maker, std::less<>> all = {
      {"RESERVED", reserved},
      {"BOOKED", reserved},
      {"HELD", held},
      {"EXTENDED", extended},
      {"RELEASED", released},
      {"CANCELLED", cancelled},
      {"EXCHANGED", exchanged},
      {"WAITING", waiting},
      {"QUEUED", waiting},
      {"SESSION_OPENED", session_opened},
      {"CLOSED", closed},
      {"GRANTED", granted},
      {"SHOW_REMOVED", show_removed},
      {"SHOW_ADDED", [](const json&) { return "the show is there"; }},
      {"SHOW_UPDATED", [](const json&) { return "the show is changed"; }},
      {"LEFT", [](const json&) { return "left the waiting list"; }},
      {"ADMITTED", [](const json&) { return "admitted"; }},
      {"BLOCKED", [](const json&) { return "blocked"; }},
      {"UNBLOCKED", [](const json&) { return "unblocked"; }},
      {"RENEWED", [](const json&) { return "renewed"; }},
      {"STAGED", [](const json& body) { return fmt::format("staged, {} so far", number_at(body, "n")); }},
      {"BROKEN", [](const json&) { return "broken"; }},
      {"CONFIG_SET", [](const json&) { return "set"; }},
  };
  return all;
}

json parse_object(const std::string& body) {
  json parsed = json::parse(body, nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed : json::object();
}

std::vector<json> objects_at(const json& body, const char* name) {
  std::vector<json> found;
  const auto list = body.find(name);
  if (list == body.end() || !list->is_array()) return found;
  for (const json& item : *list)
    if (item.is_object()) found.push_back(item);
  return found;
}

std::string count_at(const json& object, const char* name) {
  return std::to_string(number_at(object, name));
}

char seat_mark(const json& seat, char free) {
  if (seat.value("mine", json(false)) == json(true)) return '@';
  const std::string state = text_at(seat, "state");
  if (state == "BOOKED") return 'x';
  if (state == "HELD") return 'h';
  return state == "BLOCKED" ? '#' : free;
}

}  // namespace

std::string answer_text(const std::string& body) {
  const json answer = parse_object(body);
  const auto found = texts().find(text_at(answer, "code"));
  return found == texts().end() ? (body.empty() ? "done" : escape_for_log(body, 65'536))
                                : found->second(answer);
}

std::string refusal_text(int status, const std::string& body) {
  const json answer = parse_object(body);
  if (!answer.contains("code"))
    return fmt::format("HTTP {} without an explanation; is this a booking front end?", status);
  std::string text = fmt::format("{}: {}", text_at(answer, "code"), text_at(answer, "message"));
  for (const json& seat : objects_at(answer, "conflicts")) {
    const std::string show = seat.contains("show_id") ? text_at(seat, "show_id") + " " : std::string();
    text += fmt::format("\n  {}{} {}", show, text_at(seat, "seat"), text_at(seat, "state"));
  }
  return text;
}

std::string shows_text(const std::string& body) {
  std::vector<std::vector<std::string>> rows = {
      {"SHOW", "MOVIE", "HALL", "STARTS", "FREE", "HELD", "BOOKED", "BLOCKED", "TOTAL", "STATUS"}};
  for (const json& show : objects_at(parse_object(body), "shows"))
    rows.push_back({text_at(show, "show_id"), text_at(show, "movie"), text_at(show, "hall"),
                    time_text(number_at(show, "starts_at_ms")), count_at(show, "free"),
                    count_at(show, "held"), count_at(show, "booked"), count_at(show, "blocked"),
                    count_at(show, "total"), text_at(show, "status")});
  return to_text(rows);
}

std::string bookings_text(const std::string& body) {
  std::vector<std::vector<std::string>> rows = {{"BOOKING", "SHOW", "PRICE", "SEATS"}};
  for (const json& booking : objects_at(parse_object(body), "bookings")) {
    const std::string seats = list_at(booking, "seats");
    rows.push_back({text_at(booking, "booking_id"), text_at(booking, "show_id"),
                    money_at(booking, "price_cents"), seats.empty() ? text_at(booking, "state") : seats});
  }
  return to_text(rows);
}

std::string session_text(const std::string& body) {
  const json session = parse_object(body);
  std::string text = fmt::format("{} {}", text_at(session, "session_id"), text_at(session, "state"));
  if (session.contains("lease_left_ms"))
    text += fmt::format(", lease {} of {} left, grace {}", time_at(session, "lease_left_ms"),
                        time_at(session, "lease_ms"), time_at(session, "grace_ms"));
  for (const json& hold : objects_at(session, "holds"))
    text += fmt::format("\n  hold {}: {} of {}, {} left", text_at(hold, "hold_id"), list_at(hold, "seats"),
                        text_at(hold, "show_id"), time_at(hold, "expires_in_ms"));
  for (const json& lock : objects_at(session, "locks"))
    text += fmt::format("\n  lock {}, token {}", text_at(lock, "name"), text_at(lock, "token"));
  return text;
}

std::string lock_text(const std::string& body) {
  const json lock = parse_object(body);
  const json holder = lock.value("holder", json());
  std::string text = fmt::format("{}: ", text_at(lock, "name"));
  text += holder.is_object() ? fmt::format("held by {} ({}), token {}, {} left", text_at(holder, "client_id"),
                                           text_at(holder, "session_id"), text_at(lock, "token"),
                                           time_at(lock, "ttl_left_ms"))
                             : fmt::format("free, last token {}", text_at(lock, "token"));
  for (const json& waiter : objects_at(lock, "waiters"))
    text += fmt::format("\n  waits: {} ({})", text_at(waiter, "client_id"), text_at(waiter, "session_id"));
  return text;
}

std::string replicas_text(const std::string& body) {
  const json cluster = parse_object(body);
  std::vector<std::vector<std::string>> rows = {
      {"REPLICA", "STATE", "OFFSET", "LAG", "STRIKES", "MISSES", "DIGEST"}};
  for (const json& replica : objects_at(cluster, "replicas"))
    rows.push_back({text_at(replica, "id"), text_at(replica, "state"), text_at(replica, "offset"),
                    text_at(replica, "lag"), text_at(replica, "strikes"), text_at(replica, "misses"),
                    text_at(replica, "digest")});
  return fmt::format("booking time {}, offset {}\n\n{}", time_at(cluster, "time_ms"),
                     text_at(cluster, "offset"), to_text(rows));
}

std::string audit_text(const std::string& body) {
  std::vector<std::vector<std::string>> rows = {
      {"OFFSET", "TIME", "CLIENT", "COMMAND", "CODE", "SHOW", "SEATS"}};
  for (const json& entry : objects_at(parse_object(body), "entries"))
    rows.push_back({text_at(entry, "offset"), text_at(entry, "time_ms"), text_at(entry, "client_id"),
                    text_at(entry, "type"), text_at(entry, "code"), text_at(entry, "show_id"),
                    list_at(entry, "seats")});
  return to_text(rows);
}

std::string seat_map_text(const std::string& body) {
  const json show = parse_object(body);
  const std::int64_t columns = std::clamp<std::int64_t>(number_at(show, "cols"), 0, 26);
  std::map<std::int64_t, std::string> lines;
  std::int64_t free = 0;
  for (const json& seat : objects_at(show, "seats")) {
    const std::int64_t column = number_at(seat, "col");
    if (column < 1 || column > columns) continue;
    std::string& line =
        lines.try_emplace(number_at(seat, "row"), static_cast<std::size_t>(columns), ' ').first->second;
    const char letter = static_cast<char>('A' + column - 1);
    const char mark = seat_mark(seat, letter);
    free += mark == letter ? 1 : 0;
    line[static_cast<std::size_t>(column - 1)] = mark;
  }
  std::string text = fmt::format(
      "{} {}, hall {}, {}, {} free, version {}\n", text_at(show, "show_id"), text_at(show, "movie"),
      text_at(show, "hall"), time_text(number_at(show, "starts_at_ms")), free, text_at(show, "show_version"));
  for (const auto& [row, line] : lines) {
    text += fmt::format("{:>4} ", row);
    for (const char mark : line) text += fmt::format(" {}", mark);
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
  }
  return text + "letter: free, @: yours, x: booked, h: held, #: blocked\n";
}

}  // namespace marquee::cli
