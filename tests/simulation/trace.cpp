#include "tests/simulation/trace.h"

namespace marquee::raft::simulation {
namespace {

std::string number(const char* name, std::int64_t value) {
  return " " + std::string(name) + "=" + std::to_string(value);
}

const char* to_text(message_type type) {
  switch (type) {
    case message_type::pre_vote_request:
      return "pre_vote_request";
    case message_type::pre_vote_response:
      return "pre_vote_response";
    case message_type::vote_request:
      return "vote_request";
    case message_type::vote_response:
      return "vote_response";
    case message_type::append_request:
      return "append_request";
    case message_type::append_response:
      return "append_response";
    case message_type::heartbeat_request:
      return "heartbeat_request";
    case message_type::heartbeat_response:
      return "heartbeat_response";
    case message_type::timeout_now:
      return "timeout_now";
  }
  return "?";
}

}  // namespace

const char* to_text(role value) {
  switch (value) {
    case role::follower:
      return "follower";
    case role::pre_candidate:
      return "pre-candidate";
    case role::candidate:
      return "candidate";
    case role::leader:
      return "leader";
  }
  return "?";
}

std::string describe(const message& m) {
  std::string text = std::to_string(m.from.broker.value()) + " -> " + std::to_string(m.to.broker.value()) +
                     " " + to_text(m.type) + number("term", m.term.value());
  switch (m.type) {
    case message_type::pre_vote_request:
    case message_type::vote_request:
      text += number("last", m.index.value()) + number("last_term", m.index_term.value());
      break;
    case message_type::append_request:
      text += number("after", m.index.value()) + number("after_term", m.index_term.value()) +
              number("commit", m.commit.value());
      if (!m.entries.empty())
        text += " entries " + std::to_string(m.entries.front().index.value()) + ".." +
                std::to_string(m.entries.back().index.value());
      break;
    case message_type::append_response:
      text += number("index", m.index.value());
      if (m.rejected) text += number("hint", m.hint_index.value()) + number("hint_term", m.hint_term.value());
      break;
    case message_type::heartbeat_request:
      text += number("commit", m.commit.value());
      [[fallthrough]];
    case message_type::heartbeat_response:
      if (m.context != 0) text += number("read_round", static_cast<std::int64_t>(m.context));
      break;
    default:
      break;
  }
  if (m.rejected) text += " REJECTED";
  if (m.transfer) text += " TRANSFER";
  if (m.in_doubt) text += " IN DOUBT";
  if (m.in_doubt && m.type == message_type::append_request)
    text += number("until", m.hint_index.value()) + number("losses", static_cast<std::int64_t>(m.context));
  if (m.type == message_type::append_response && m.context != 0)
    text += number("losses", static_cast<std::int64_t>(m.context));
  return text;
}

std::string describe(const persist_request& request) {
  std::string text = "persist #" + std::to_string(request.id);
  if (request.hard) {
    text += number("term", request.hard->term.value());
    if (request.hard->voted_for) text += number("vote", request.hard->voted_for->broker.value());
  }
  if (request.truncate_from) text += number("truncate_from", request.truncate_from->value());
  if (!request.entries.empty())
    text += " entries " + std::to_string(request.entries.front().index.value()) + ".." +
            std::to_string(request.entries.back().index.value());
  if (request.settles_doubt) text += " WHOLE AGAIN";
  return text;
}

}  // namespace marquee::raft::simulation
