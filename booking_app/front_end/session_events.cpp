#include "booking_app/front_end/session_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "booking_app/machine/entity_id.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::booking {
namespace {

/// Events without a session that its client has no other way to hear of.
constexpr std::array<std::string_view, 5> of_clients = {"booking.cancelled", "booking.moved", "hold.expired",
                                                        "queue.admitted", "waitlist.offered"};

/// The text of a field as it stands in the event, with quotes and escapes; empty if it is not there. A quote
/// within a text is escaped, so a name with its quotes is found as a name only.
std::string_view quoted_field(std::string_view event, std::string_view name) {
  const std::string start = fmt::format("\"{}\":\"", name);
  const std::size_t found = event.find(start);
  if (found == std::string_view::npos) return {};
  const std::size_t begin = found + start.size() - 1;
  std::size_t end = begin + 1;
  while (end < event.size() && event[end] != '"') end += event[end] == '\\' ? 2 : 1;
  return event.substr(begin, end + 1 - begin);
}

std::string_view plain_field(std::string_view event, std::string_view name) {
  const std::string_view quoted = quoted_field(event, name);
  return quoted.size() < 2 ? quoted : quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::vector<std::string_view> split_events(std::string_view list) {
  std::vector<std::string_view> events;
  int depth = 0;
  bool in_text = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' && depth++ == 0) {
      begin = i;
    } else if (c == '}' && --depth == 0) {
      events.push_back(list.substr(begin, i + 1 - begin));
    }
  }
  return events;
}

void session_events::on_applied(const outcome& result) {
  if (result.events.size() <= 2) return;
  for (const std::string_view event : split_events(result.events)) sort(event, result);
}

void session_events::sort(std::string_view event, const outcome& result) {
  const std::string_view type = plain_field(event, "type");
  const std::string_view session_id = plain_field(event, "session_id");
  if (!session_id.empty()) {
    const auto session = parse_session(session_id);
    if (!session) return;
    if (type == "session.opened") {
      inbox& made = inboxes_[*session];
      made.client = quoted_field(event, "client_id");
      of_client_.emplace(made.client, *session);
      return;
    }
    give(*session, event, result);
    if (type == "session.closed" || type == "session.expired") remove(*session);
    return;
  }
  if (std::ranges::find(of_clients, type) == of_clients.end()) return;
  const auto [first, last] = of_client_.equal_range(std::string(quoted_field(event, "client_id")));
  for (auto one = first; one != last; ++one) give(one->second, event, result);
}

void session_events::give(std::int64_t session, std::string_view event, const outcome& result) {
  const auto found = inboxes_.find(session);
  if (found == inboxes_.end()) return;
  std::string text(event.substr(0, event.size() - 1));
  text += fmt::format(",\"offset\":{},\"time_ms\":{}}}", result.offset, result.time_ms);
  found->second.events.push_back(std::move(text));
  if (found->second.events.size() > most_events) found->second.events.pop_front();
  found->second.changed.wake_all();
}

void session_events::listen(std::int64_t session, std::string_view client) {
  const auto [place, is_new] = inboxes_.try_emplace(session);
  if (!is_new) return;
  json_writer quoted;
  quoted.value(client);
  place->second.client = quoted.take();
  of_client_.emplace(place->second.client, session);
}

std::vector<std::string> session_events::take(std::int64_t session) {
  const auto found = inboxes_.find(session);
  if (found == inboxes_.end()) return {};
  std::vector<std::string> events(found->second.events.begin(), found->second.events.end());
  found->second.events.clear();
  return events;
}

net::wake_point session_events::changed(std::int64_t session) {
  const auto found = inboxes_.find(session);
  return found == inboxes_.end() ? net::wake_point() : found->second.changed;
}

bool session_events::has_events(std::int64_t session) const {
  const auto found = inboxes_.find(session);
  return found != inboxes_.end() && !found->second.events.empty();
}

void session_events::wake_all() {
  for (const auto& [session, one] : inboxes_) one.changed.wake_all();
}

void session_events::remove(std::int64_t session) {
  const auto found = inboxes_.find(session);
  if (found == inboxes_.end()) return;
  const auto [first, last] = of_client_.equal_range(found->second.client);
  const auto own = std::find_if(first, last, [&](const auto& one) { return one.second == session; });
  if (own != last) of_client_.erase(own);
  found->second.changed.wake_all();
  inboxes_.erase(found);
}

}  // namespace marquee::booking
