#include "cli/booking/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/logging.h"
#include "booking_app/machine/json_writer.h"
#include "cli/booking/answer_text.h"
#include "cli/booking/booking_task.h"
#include "cli/booking/seat_choice.h"
#include "cli/booking/show_copy.h"
#include "cli/booking/value_text.h"

namespace marquee::cli {

namespace {

using booking::json_writer;
using nlohmann::json;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::int64_t age_ms(const kept_session& session) {
  return elapsed_ms(session.renewed, kept_moment::now());
}

kept_moment sent_moment(const booking_connection& connection) {
  return kept_moment::now().before_ms(
      (system_clock().monotonic_us() - connection.answered_attempt_sent_us()) / 1000);
}

}  // namespace

booking_prompt::booking_prompt(prompt_options options, output print)
    : options_(std::move(options)), print_(std::move(print)), keeper_([this] { keep_alive(); }) {}

booking_prompt::~booking_prompt() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ending_.notify_all();
  keeper_.join();
  for (auto& [client, one] : members_) {
    if (!one.session || one.session->is_over(kept_moment::now())) continue;
    // A session that cannot be closed ends by itself; nobody waits for it.
    booking_connection_options quick = one.connection->options();
    quick.deadline_ms = std::min<std::int64_t>(quick.deadline_ms, 2'000);
    booking_request request{.method = "DELETE", .target = path_of("sessions", one.session->session_id)};
    request.idempotency_key = make_idempotency_key();
    (void)booking_connection(quick).call(request);
  }
}

std::string booking_prompt::help() {
  return "CLIENT SEAT... RESERVE   book seats, such as: client1 1A RESERVE\n"
         "CLIENT SEAT... CANCEL    give them back\n"
         "scale N                  the show has N rows from now on; it is made if it is not there\n"
         "clean                    remove the show with its bookings and make it anew\n"
         "map, shows               look\n"
         "use SHOW                 book seats of another show\n"
         "done                     end";
}

bool booking_prompt::take(const std::string& line) {
  std::istringstream stream(line);
  words parts;
  for (std::string word; stream >> word;) parts.push_back(word);
  if (parts.empty()) return true;
  const std::string first = lower(parts.front());
  const std::string last = lower(parts.back());
  if (parts.size() >= 3 && (last == "reserve" || last == "cancel")) {
    act(parts.front(), words(parts.begin() + 1, parts.end() - 1), last);
    return true;
  }
  if (parts.size() == 1 && (first == "done" || first == "quit" || first == "exit")) return false;
  const auto rows = parts.size() == 2 && first == "scale" ? parse_number(parts[1], 1) : std::nullopt;
  if (rows) {
    scale(*rows);
  } else if (parts.size() == 1 && first == "clean") {
    clean();
  } else if (parts.size() == 2 && first == "use") {
    options_.show = parts[1];
  } else if (parts.size() == 1 && first == "shows") {
    (void)tell("shows", administrator().call({.target = "/v1/shows"}), shows_text);
  } else if (parts.size() == 1 && first == "map") {
    if (const auto show = find_show())
      (void)tell(*show, administrator().call({.target = path_of("shows", *show, "seats")}), seat_map_text);
  } else {
    const std::lock_guard lock(mutex_);
    print_(first == "help" ? help() : "not understood: " + escape_for_log(line) + "; 'help' says what is");
  }
  return true;
}

booking_prompt::member& booking_prompt::member_of(const std::string& client) {
  const std::lock_guard lock(mutex_);
  member& found = members_[client];
  if (found.connection == nullptr) {
    booking_connection_options options = options_.connection;
    options.client_id = client;
    found.connection = std::make_unique<booking_connection>(std::move(options));
  }
  return found;
}

booking_connection& booking_prompt::administrator() {
  if (administrator_ == nullptr) {
    booking_connection_options options = options_.connection;
    options.client_id = options_.administrator;
    administrator_ = std::make_unique<booking_connection>(std::move(options));
  }
  return *administrator_;
}

std::optional<std::string> booking_prompt::tell(const std::string& who, const booking_outcome& outcome,
                                                const std::function<std::string(const std::string&)>& show) {
  const std::lock_guard lock(mutex_);
  if (!outcome) {
    print_(fmt::format("{}: {} ({}){}", who, escape_for_log(outcome.error().message, 4096),
                       outcome.error().code,
                       outcome.error().may_have_happened ? "; outcome unknown" : "; nothing was done"));
    return std::nullopt;
  }
  if (options_.json)
    print_(outcome->body);
  else
    print_(who + ": " +
           (outcome->is_success ? show(outcome->body)
                                : "refused: " + refusal_text(outcome->status, outcome->body)));
  return outcome->is_success ? std::optional(outcome->body) : std::nullopt;
}

bool booking_prompt::open_session(const std::string& client, member& of) {
  json_writer body;
  body.open_object();
  if (options_.grace_ms) body.field("grace_ms", *options_.grace_ms);
  if (options_.lease_ms) body.field("lease_ms", *options_.lease_ms);
  booking_request request{.method = "POST", .target = "/v1/sessions", .body = body.close_object().take()};
  request.idempotency_key = make_idempotency_key();
  const auto opened = of.connection->call(request);
  if (!opened || !opened->is_success) {
    (void)tell(client, opened, answer_text);
    return false;
  }
  const json answer = json::parse(opened->body, nullptr, /*allow_exceptions=*/false);
  const std::lock_guard lock(mutex_);
  of.session = kept_session{.client_id = client,
                            .session_id = answer.value("session_id", std::string()),
                            .lease_ms = answer.value("lease_ms", std::int64_t{12'000}),
                            .grace_ms = answer.value("grace_ms", std::int64_t{45'000}),
                            .renewed = sent_moment(*of.connection)};
  of.in_jeopardy = false;
  ending_.notify_all();
  return true;
}

void booking_prompt::act(const std::string& client, const words& seats, const std::string& action) {
  const auto show = find_show();
  if (!show) return;
  member& one = member_of(client);
  bool has_session = false;
  {
    const std::lock_guard lock(mutex_);
    has_session = one.session.has_value();
    if (has_session && one.session->is_over(kept_moment::now())) {
      one.session.reset();
      print_(client + ": session expired");
      return;
    }
  }
  if (!has_session && !open_session(client, one)) return;
  json_writer body;
  body.open_object();
  write_words(body, "seats", seats);
  booking_request request{
      .method = "POST", .target = path_of("shows", *show, action), .body = body.close_object().take()};
  request.idempotency_key = make_idempotency_key();
  {
    const std::lock_guard lock(mutex_);
    if (one.session) request.session_id = one.session->session_id;
  }
  const auto outcome = one.connection->call(request);
  (void)tell(client, outcome, answer_text);
  const std::lock_guard lock(mutex_);
  if (!outcome || !one.session) return;
  if (outcome->code == "SESSION_EXPIRED")
    one.session.reset();
  else
    one.session->renewed = sent_moment(*one.connection);
}

booking_outcome booking_prompt::ask_administrator(booking_request request) {
  request.idempotency_key = make_idempotency_key();
  return administrator().call(request);
}

std::optional<std::string> booking_prompt::find_show() {
  if (!options_.show.empty()) return options_.show;
  const auto shows = administrator().call({.target = "/v1/shows"});
  if (!shows || !shows->is_success) {
    (void)tell("shows", shows, shows_text);
    return std::nullopt;
  }
  const auto first = first_show(shows->body);
  if (!first) {
    const std::lock_guard lock(mutex_);
    print_("there is no show; 'scale 25' makes one of 25 rows");
    return std::nullopt;
  }
  options_.show = *first;
  return options_.show;
}

void booking_prompt::add_show(const std::string& body) {
  (void)tell(options_.show, ask_administrator({.method = "POST", .target = "/v1/shows", .body = body}),
             answer_text);
}

void booking_prompt::scale(std::int64_t rows) {
  if (options_.show.empty()) {
    const auto shows = administrator().call({.target = "/v1/shows"});
    if (!shows || !shows->is_success) return (void)tell("shows", shows, shows_text);
    options_.show = first_show(shows->body).value_or("S1");
  }
  const auto seats = administrator().call({.target = path_of("shows", options_.show, "seats")});
  if (!seats) return (void)tell(options_.show, seats, answer_text);
  if (seats->status == 404) return add_show(plain_show_json(options_.show, rows, options_.columns));
  (void)tell(
      options_.show,
      ask_administrator({.method = "PATCH",
                         .target = path_of("shows", options_.show),
                         .body = json_writer().open_object().field("rows", rows).close_object().take()}),
      answer_text);
}

void booking_prompt::clean() {
  const auto show = find_show();
  if (!show) return;
  const auto seats = administrator().call({.target = path_of("shows", *show, "seats")});
  const auto copy = seats && seats->is_success ? show_copy_json(seats->body) : std::nullopt;
  if (!copy) return (void)tell(*show, seats, answer_text);
  const auto removed = tell(
      *show, ask_administrator({.method = "DELETE", .target = path_of("shows", *show) + "?on_booked=cancel"}),
      answer_text);
  if (removed) add_show(*copy);
}

void booking_prompt::keep_alive() {
  std::map<std::string, std::unique_ptr<booking_connection>> connections;
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    std::int64_t wait_ms = 1'000;
    std::vector<kept_session> due;
    for (auto& [client, one] : members_) {
      // After a long stop of this program nothing is sent for a session that is over.
      if (one.session && one.session->is_over(kept_moment::now())) {
        one.session.reset();
        print_(client + ": session expired");
      }
      if (!one.session) continue;
      const std::int64_t left_ms = one.session->lease_ms / 3 - age_ms(*one.session);
      if (left_ms <= 0) due.push_back(*one.session);
      wait_ms = std::clamp<std::int64_t>(left_ms, 20, wait_ms);
    }
    lock.unlock();
    for (const kept_session& session : due) {
      auto& connection = connections[session.client_id];
      if (connection == nullptr) {
        booking_connection_options options = options_.connection;
        options.client_id = session.client_id;
        options.deadline_ms = std::max<std::int64_t>(session.lease_ms / 3, 100);
        options.attempt_timeout_ms = options.deadline_ms;
        connection = std::make_unique<booking_connection>(std::move(options));
      }
      renew(session.client_id, session, *connection);
    }
    lock.lock();
    ending_.wait_for(lock, std::chrono::milliseconds(wait_ms));
  }
}

void booking_prompt::renew(const std::string& client, kept_session session, booking_connection& connection) {
  const auto answer = connection.call(
      {.method = "POST", .target = path_of("sessions", session.session_id, "keepalive"), .body = "{}"});
  const std::lock_guard lock(mutex_);
  member& one = members_[client];
  if (!one.session || one.session->session_id != session.session_id) return;
  if (answer && answer->is_success) {
    if (one.in_jeopardy) print_(client + ": session safe");
    one.in_jeopardy = false;
    one.session->renewed = sent_moment(connection);
  } else if ((answer && answer->status == 410) || one.session->is_over(kept_moment::now())) {
    one.session.reset();
    print_(client + ": session expired");
  } else if (!one.in_jeopardy && age_ms(*one.session) > one.session->lease_ms) {
    one.in_jeopardy = true;
    print_(client + ": session in jeopardy");
  }
}

}  // namespace marquee::cli
