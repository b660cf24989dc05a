#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/booking/answer_text.h"
#include "cli/booking/booking_command.h"
#include "cli/booking/value_text.h"
#include "client/api_connection.h"

namespace marquee::cli {

namespace {

struct show_list_arguments {
  std::string movie;
  std::string from;
  bool available = false;
};

exit_code run_shows(const booking_arguments& arguments, const show_list_arguments& wanted) {
  std::string target = "/v1/shows";
  char separator = '?';
  const auto add = [&](const std::string& field) {
    target += separator + field;
    separator = '&';
  };
  if (!wanted.movie.empty()) add("movie=" + client::percent_encode(wanted.movie));
  if (!wanted.from.empty()) {
    const auto from_ms = parse_time_ms(wanted.from);
    if (!from_ms) return report_booking_usage(arguments, from_ms.error().message);
    add("from=" + std::to_string(*from_ms));
  }
  if (wanted.available) add("available=true");
  return run_booking_read(arguments, target, shows_text);
}

struct audit_arguments {
  std::string show;
  std::string seat;
  std::string client;
  std::int64_t from_offset = -1;
};

exit_code run_audit(const booking_arguments& arguments, const audit_arguments& wanted) {
  std::string fields;
  const auto add = [&fields](const char* name, const std::string& value) {
    if (!value.empty())
      fields += std::string(fields.empty() ? "?" : "&") + name + "=" + client::percent_encode(value);
  };
  add("show", wanted.show);
  add("seat", wanted.seat);
  add("client", wanted.client);
  add("from_offset", wanted.from_offset < 0 ? std::string() : std::to_string(wanted.from_offset));
  return run_booking_read(arguments, "/v1/audit" + fields, audit_text);
}

}  // namespace

void add_show_commands(CLI::App& app, booking_arguments& arguments) {
  const auto wanted = std::make_shared<show_list_arguments>();
  CLI::App* shows = add_booking_task(app, arguments, "shows", "list shows and their free seats",
                                     [&arguments, wanted] { return run_shows(arguments, *wanted); });
  shows->add_option("--movie", wanted->movie, "shows of this movie only");
  shows->add_option("--from", wanted->from, "shows that start then or later, such as 2026-01-05T20:00Z");
  shows->add_flag("--available", wanted->available, "open shows with a free seat only");

  const auto id = std::make_shared<std::string>();
  add_booking_task(
      app, arguments, "map", "draw the seats of a show",
      [&arguments, id] { return run_booking_read(arguments, path_of("shows", *id, "seats"), seat_map_text); })
      ->add_option("show", *id, "such as S1")
      ->required();

  const auto history = std::make_shared<audit_arguments>();
  CLI::App* audit = add_booking_task(app, arguments, "audit", "the history of a seat, a show or a client",
                                     [&arguments, history] { return run_audit(arguments, *history); });
  audit->add_option("--show", history->show, "of this show only");
  audit->add_option("--seat", history->seat, "of this seat only");
  audit->add_option("--of", history->client, "of this client only");
  audit->add_option("--from-offset", history->from_offset, "from this command on")
      ->check(CLI::NonNegativeNumber);

  add_booking_task(
      app, arguments, "health", "whether the booking application answers, and how far it is", [&arguments] {
        return run_booking_read(arguments, "/v1/health", [](const std::string& body) { return body; });
      });
}

}  // namespace marquee::cli
