#include "booking_app/front_end/keep_alive_batch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "booking_app/machine/json_writer.h"
#include "net/json_body.h"
#include "net/wake_point.h"

namespace marquee::booking {
namespace {

std::string body_of(const std::set<std::string>& sessions) {
  json_writer out;
  out.open_object().name("ids").open_array();
  for (const std::string& session : sessions) out.value(session);
  out.close_array().close_object();
  return out.take();
}

/// The `unknown` of a TOUCHED.
std::set<std::string> unknown_in(const std::string& body) {
  std::set<std::string> unknown;
  const auto parsed = net::parse_json(body);
  if (!parsed || !parsed->is_object() || !parsed->contains("unknown")) return unknown;
  for (const auto& id : (*parsed)["unknown"])
    if (id.is_string()) unknown.insert(id.get<std::string>());
  return unknown;
}

}  // namespace

struct keep_alive_batch::batch {
  std::set<std::string> sessions{};
  bool ended = false;
  std::optional<submission_failure> failure{};
  std::int64_t offset = -1;
  std::set<std::string> unknown{};
  net::wake_point done{};
};

net::task<keep_alive_batch::touched> keep_alive_batch::touch(std::string session, std::stop_token cancel) {
  if (!open_ || open_->sessions.size() >= options_.most_sessions) {
    open_ = std::make_shared<batch>();
    loop_.spawn([this, which = open_] { return send(which); });
  }
  const auto joined = open_;
  joined->sessions.insert(session);
  auto reason = net::wake_reason::woken;
  while (!joined->ended && reason == net::wake_reason::woken) {
    const std::uint64_t seen = joined->done.generation();
    if (joined->ended) break;
    reason = co_await joined->done.wait(seen, net::deadline::never(), cancel);
  }
  if (!joined->ended) co_return touched{.failure = submission_failure::client_gone};
  co_return touched{joined->failure, joined->offset, joined->unknown.contains(session)};
}

net::task<> keep_alive_batch::send(std::shared_ptr<batch> which) {
  // Everybody who came in this turn of the loop goes along.
  co_await net::yield_to_others();
  const std::int64_t now_ms = time_.monotonic_ms();
  const std::int64_t due_ms = sent_ms_ ? *sent_ms_ + options_.pause_ms : now_ms;
  sent_ms_ = std::max(now_ms, due_ms);
  if (due_ms > now_ms) co_await net::sleep_ms(due_ms - now_ms);
  if (open_ == which) open_.reset();
  command_draft command;
  command.type = "session.touch";
  command.client_id = options_.client_id;
  command.body = body_of(which->sessions);
  const auto ended = co_await commands_.submit(std::move(command), {});
  if (const auto* answer = std::get_if<submitted_answer>(&ended)) {
    which->offset = answer->answer.at_offset;
    which->unknown = unknown_in(answer->answer.body);
  } else {
    which->failure = std::get<submission_failure>(ended);
  }
  which->ended = true;
  which->done.wake_all();
}

}  // namespace marquee::booking
