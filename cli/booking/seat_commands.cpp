#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/booking/booking_command.h"
#include "cli/booking/seat_choice.h"
#include "cli/booking/value_text.h"
#include "client/api_connection.h"

namespace marquee::cli {

namespace {

using booking::json_writer;

struct seat_arguments {
  std::string id;  ///< of a show or hold
  seat_choice choice;
  std::int64_t expected_version = -1;
  std::string ttl;
  std::vector<std::string> items;
};

exit_code run_reserve(const booking_arguments& arguments, const seat_arguments& asked) {
  if (const auto problem = asked.choice.problem()) return report_booking_usage(arguments, *problem);
  json_writer body;
  body.open_object();
  if (asked.expected_version >= 0) body.field("expected_version", asked.expected_version);
  asked.choice.write(body);
  return run_booking_command(
      arguments,
      {.method = "POST", .target = path_of("shows", asked.id, "reserve"), .body = body.close_object().take()},
      session_use::if_kept);
}

/// Each item is "S1:1A,1B".
exit_code run_reserve_all(const booking_arguments& arguments, const seat_arguments& asked) {
  json_writer body;
  body.open_object().name("items").open_array();
  for (const std::string& item : asked.items) {
    const std::size_t colon = item.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == item.size())
      return report_booking_usage(arguments, "'" + item + "' is not a show with its seats, such as S1:1A,1B");
    body.open_object();
    write_words(body, "seats", {item.substr(colon + 1)});
    body.field("show_id", item.substr(0, colon)).close_object();
  }
  body.close_array().close_object();
  return run_booking_command(arguments, {.method = "POST", .target = "/v1/reserve", .body = body.take()},
                             session_use::if_kept);
}

exit_code run_hold(const booking_arguments& arguments, const seat_arguments& asked) {
  if (const auto problem = asked.choice.problem()) return report_booking_usage(arguments, *problem);
  json_writer body;
  body.open_object();
  asked.choice.write(body);
  if (!asked.ttl.empty()) {
    const auto ttl_ms = parse_duration_ms(asked.ttl);
    if (!ttl_ms) return report_booking_usage(arguments, ttl_ms.error().message);
    body.field("ttl_ms", *ttl_ms);
  }
  return run_booking_command(
      arguments,
      {.method = "POST", .target = path_of("shows", asked.id, "holds"), .body = body.close_object().take()},
      session_use::if_kept);
}

exit_code run_extend(const booking_arguments& arguments, const seat_arguments& asked) {
  const auto ttl_ms = parse_duration_ms(asked.ttl);
  if (!ttl_ms) return report_booking_usage(arguments, ttl_ms.error().message);
  return run_booking_command(
      arguments,
      {.method = "PATCH",
       .target = path_of("holds", asked.id),
       .body = json_writer().open_object().field("ttl_ms", *ttl_ms).close_object().take()},
      session_use::if_kept);
}

/// A command on the seats that are named, at a path below the show.
exit_code run_on_seats(const booking_arguments& arguments, const seat_arguments& asked,
                       const std::string& action) {
  json_writer body;
  body.open_object();
  write_words(body, "seats", asked.choice.seats);
  return run_booking_command(
      arguments,
      {.method = "POST", .target = path_of("shows", asked.id, action), .body = body.close_object().take()},
      session_use::if_kept);
}

}  // namespace

void add_seat_commands(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<seat_arguments>();
  const auto add_task = [&](const std::string& name, const std::string& what,
                            exit_code (*run)(const booking_arguments&, const seat_arguments&)) {
    return add_booking_task(app, arguments, name, what,
                            [&arguments, asked, run] { return run(arguments, *asked); });
  };
  CLI::App* reserve = add_task("reserve", "book seats at once, all or none", run_reserve);
  reserve->add_option("show", asked->id, "such as S1")->required();
  reserve->add_option("seats", asked->choice.seats, "such as 1A 1B");
  asked->choice.describe_best(*reserve);
  reserve->add_option("--expected-version", asked->expected_version, "only if the show is at this version")
      ->check(CLI::NonNegativeNumber);

  add_task("reserve-all", "book seats of several shows, all or none", run_reserve_all)
      ->add_option("items", asked->items, "a show and its seats, such as S1:1A,1B S2:3C")
      ->required();

  CLI::App* cancel = add_task("cancel", "give booked seats back, by seat",
                              [](const booking_arguments& all, const seat_arguments& seats) {
                                return run_on_seats(all, seats, "cancel");
                              });
  cancel->add_option("show", asked->id, "such as S1")->required();
  cancel->add_option("seats", asked->choice.seats, "such as 1A 1B")->required();

  CLI::App* hold = add_task("hold", "keep seats for a while, to confirm or release them", run_hold);
  hold->add_option("show", asked->id, "such as S1")->required();
  hold->add_option("seats", asked->choice.seats, "such as 1A 1B");
  asked->choice.describe_best(*hold);
  hold->add_option("--ttl", asked->ttl, "how long, such as 60s");

  CLI::App* extend = add_task("extend", "keep a hold longer", run_extend);
  extend->add_option("hold", asked->id, "such as H-51873")->required();
  extend->add_option("--ttl", asked->ttl, "how long from now, such as 60s")->required();

  add_task("confirm", "book what is held",
           [](const booking_arguments& all, const seat_arguments& hold_asked) {
             return run_booking_command(
                 all, {.method = "POST", .target = path_of("holds", hold_asked.id, "confirm"), .body = "{}"},
                 session_use::if_kept);
           })
      ->add_option("hold", asked->id, "such as H-51873")
      ->required();

  CLI::App* release = add_task(
      "release", "give held seats back", [](const booking_arguments& all, const seat_arguments& held) {
        std::string seats;
        for (const std::string& seat : split_words(held.choice.seats))
          seats += (seats.empty() ? "?seats=" : ",") + client::percent_encode(seat);
        return run_booking_command(all, {.method = "DELETE", .target = path_of("holds", held.id) + seats},
                                   session_use::if_kept);
      });
  release->add_option("hold", asked->id, "such as H-51873")->required();
  release->add_option("--seats", asked->choice.seats, "these only");
}

}  // namespace marquee::cli
