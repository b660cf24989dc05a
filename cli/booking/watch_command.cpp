#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "cli/booking/booking_command.h"
#include "cli/booking/event_stream.h"
#include "cli/booking/value_text.h"
#include "cli/json_text.h"
#include "client/api_connection.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct watch_arguments {
  std::vector<std::string> shows;
  std::string from;
  std::int64_t most = 0;  ///< events; 0: no end
};

/// A front end writes a comment every 15 s; silence much longer than that is a dead connection.
constexpr std::int64_t silence_ms = 40'000;

std::string words_of(const stream_event& event) {
  const json data = json::parse(event.data, nullptr, /*allow_exceptions=*/false);
  if (!data.is_object()) return escape_for_log(event.data);
  const json changes = data.value("changes", json());
  if (!changes.is_array()) return escape_for_log(event.data, 4096);
  std::string text = fmt::format("{} version {}:", text_at(data, "show_id"), text_at(data, "version"));
  for (const json& change : changes)
    if (change.is_object()) text += fmt::format(" {} {}", text_at(change, "id"), text_at(change, "state"));
  return text;
}

void print_event(const stream_event& event, bool as_json) {
  if (as_json) {
    const json data = json::parse(event.data, nullptr, /*allow_exceptions=*/false);
    fmt::print("{}\n", dump({{"id", event.id},
                             {"event", event.event},
                             {"data", data.is_discarded() ? json(event.data) : data}}));
  } else {
    fmt::print("{} {} {}\n", event.id.empty() ? "-" : escape_for_log(event.id), escape_for_log(event.event),
               words_of(event));
  }
  std::fflush(stdout);
}

/// Goes on at another front end with the newest id when a connection ends, so nothing is missed or shown
/// twice. Ends by Ctrl-C, at --max, or when no front end has answered until the deadline.
exit_code run_watch(const booking_arguments& arguments, const watch_arguments& asked) {
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  // Nothing has to be put away, so Ctrl-C ends it at once, also in the middle of a silence.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::string shows;
  for (const std::string& show : split_words(asked.shows))
    shows += (shows.empty() ? "?shows=" : ",") + client::percent_encode(show);
  std::int64_t printed = 0;
  std::string last_id = asked.from;
  bool is_full = false;
  event_stream_reader reader([&](const stream_event& event) {
    if (is_full) return;
    print_event(event, arguments.context.json);
    if (!event.id.empty()) last_id = event.id;
    is_full = asked.most > 0 && ++printed >= asked.most;
  });
  booking_connection& connection = client->connection();
  std::int64_t heard_ms = connection.now_ms();
  while (true) {
    std::string target = "/v1/stream" + shows;
    if (!last_id.empty())
      target += (shows.empty() ? "?last_event_id=" : "&last_event_id=") + client::percent_encode(last_id);
    reader.begin_again();
    const auto ended = connection.receive({.target = target}, silence_ms, [&](std::string_view piece) {
      heard_ms = connection.now_ms();
      return reader.take(piece) && !is_full;
    });
    if (is_full) return to_exit_code(booking_exit::success);
    if (ended && ended->status >= 400 && ended->status < 500 && ended->status != 429)
      return print_outcome(
          arguments,
          booking_answer{.status = ended->status, .body = ended->body, .code = {}, .server_timing = {}},
          [](const std::string& body) { return body; });
    const std::string why =
        ended ? fmt::format("the stream ended (HTTP {})", ended->status) : ended.error().message;
    if (connection.now_ms() - heard_ms > arguments.context.deadline_ms)
      return print_outcome(arguments, std::unexpected(booking_silence{"NO_STREAM", why}),
                           [](const std::string& body) { return body; });
    connection.pause(500);
  }
}

}  // namespace

void add_watch_command(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<watch_arguments>();
  CLI::App* watch =
      add_booking_task(app, arguments, "watch", "print what changes, as it happens; Ctrl-C ends it",
                       [&arguments, asked] { return run_watch(arguments, *asked); });
  watch->add_option("shows", asked->shows, "of these shows; default: of all");
  watch->add_option("--from", asked->from, "go on after this offset");
  watch->add_option("--max", asked->most, "end after so many events")->check(CLI::PositiveNumber);
}

}  // namespace marquee::cli
