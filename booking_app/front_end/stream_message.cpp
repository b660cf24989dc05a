#include "booking_app/front_end/stream_message.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "booking_app/machine/entity_id.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/seat_id.h"

namespace marquee::booking {
namespace {

using json = nlohmann::json;

/// Ids of one kind as people sort them: seats by row and column, holds and sessions by number.
struct id_order {
  std::string_view kind;

  bool operator()(std::string_view a, std::string_view b) const {
    if (kind == "seat") return seat_text_less(a, b);
    if (kind == "hold") return parse_entity_id(hold_letter, a) < parse_entity_id(hold_letter, b);
    if (kind == "session") return parse_session(a) < parse_session(b);
    return a < b;
  }
};

/// What became of things of one kind and show: the last change of each.
struct change_group {
  change_group(std::string_view of_kind, std::string of_show)
      : kind(of_kind), show_id(std::move(of_show)), changes(id_order{of_kind}) {}

  std::string_view kind;
  std::string show_id;
  std::optional<std::int64_t> version;
  std::map<std::string, std::string_view, id_order> changes;
};

struct event_name {
  std::string_view type;
  std::string_view kind;
  std::string_view state;  ///< of what it is about, afterwards
};
constexpr event_name shown_events[] = {
    {"seat.held", "seat", "HELD"},
    {"seat.booked", "seat", "BOOKED"},
    {"seat.released", "seat", "AVAILABLE"},
    {"seat.blocked", "seat", "BLOCKED"},
    {"seat.unblocked", "seat", "AVAILABLE"},
    {"hold.expired", "hold", "EXPIRED"},
    {"hold.released", "hold", "RELEASED"},
    {"show.added", "show", "ADDED"},
    {"show.updated", "show", "UPDATED"},
    {"show.removed", "show", "REMOVED"},
    {"lock.granted", "lock", "GRANTED"},
    {"lock.released", "lock", "RELEASED"},
    {"lock.expired", "lock", "EXPIRED"},
    {"session.opened", "session", "OPENED"},
    {"session.safe", "session", "ACTIVE"},
    {"session.jeopardy", "session", "JEOPARDY"},
    {"session.expired", "session", "EXPIRED"},
    {"session.closed", "session", "CLOSED"},
};

std::string text_of(const json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

change_group& group_of(std::vector<change_group>& groups, std::string_view kind, std::string show_id) {
  const auto found = std::ranges::find_if(
      groups, [&](const change_group& each) { return each.kind == kind && each.show_id == show_id; });
  if (found != groups.end()) return *found;
  return groups.emplace_back(kind, std::move(show_id));
}

void add_event(std::vector<change_group>& groups, const json& event) {
  const std::string type = text_of(event, "type");
  const auto name = std::ranges::find(shown_events, type, &event_name::type);
  if (name == std::end(shown_events)) return;
  change_group& group = group_of(groups, name->kind, text_of(event, "show_id"));
  if (const auto version = event.find("version"); version != event.end() && version->is_number_integer())
    group.version = version->get<std::int64_t>();
  if (name->kind == "seat") {
    if (const auto seats = event.find("seats"); seats != event.end() && seats->is_array())
      for (const json& seat : *seats)
        if (seat.is_string()) group.changes.insert_or_assign(seat.get<std::string>(), name->state);
    return;
  }
  const char* const id = name->kind == "hold"      ? "hold_id"
                         : name->kind == "show"    ? "show_id"
                         : name->kind == "session" ? "session_id"
                                                   : "name";
  group.changes.insert_or_assign(text_of(event, id), name->state);
}

stream_message write(std::int64_t offset, const change_group& group) {
  json_writer data;
  data.open_object().name("changes").open_array();
  for (const auto& [id, state] : group.changes)
    data.open_object().field("id", id).field("state", state).close_object();
  data.close_array();
  if (!group.show_id.empty()) data.field("show_id", group.show_id);
  if (group.version) data.field("version", *group.version);
  data.close_object();
  std::string text = "id: " + std::to_string(offset) + "\nevent: " + std::string(group.kind) + "\ndata: ";
  text.append(data.text()).append("\n\n");
  return {offset, group.show_id, std::move(text)};
}

}  // namespace

std::vector<stream_message> stream_messages(std::int64_t offset, std::string_view events) {
  if (events == "[]") return {};
  const json list = json::parse(events, nullptr, false);
  if (!list.is_array()) return {};
  std::vector<change_group> groups;
  for (const json& event : list)
    if (event.is_object()) add_event(groups, event);
  std::vector<stream_message> messages;
  messages.reserve(groups.size());
  for (const change_group& group : groups) messages.push_back(write(offset, group));
  return messages;
}

std::string reset_message(std::int64_t offset) {
  const std::string number = std::to_string(offset);
  return "id: " + number + "\nevent: reset\ndata: {\"offset\":" + number + "}\n\n";
}

}  // namespace marquee::booking
