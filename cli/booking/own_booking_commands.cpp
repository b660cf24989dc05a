#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/booking/answer_text.h"
#include "cli/booking/booking_command.h"
#include "cli/booking/seat_choice.h"
#include "cli/booking/value_text.h"
#include "client/api_connection.h"

namespace marquee::cli {

namespace {

struct own_booking_arguments {
  std::string id;
  std::vector<std::string> from_seats;
  std::string to_show;
  seat_choice choice;
  bool all = false;
};

exit_code run_cancel(const booking_arguments& arguments, const own_booking_arguments& asked) {
  std::string seats;
  for (const std::string& seat : split_words(asked.choice.seats))
    seats += (seats.empty() ? "?seats=" : ",") + client::percent_encode(seat);
  return run_booking_command(arguments, {.method = "DELETE", .target = path_of("bookings", asked.id) + seats},
                             session_use::if_kept);
}

exit_code run_exchange(const booking_arguments& arguments, const own_booking_arguments& asked) {
  if (const auto problem = asked.choice.problem()) return report_booking_usage(arguments, *problem);
  booking::json_writer body;
  body.open_object();
  if (!asked.from_seats.empty()) write_words(body, "from_seats", asked.from_seats);
  body.name("to").open_object();
  asked.choice.write(body);
  body.field("show_id", asked.to_show).close_object().close_object();
  return run_booking_command(
      arguments, {.method = "POST", .target = path_of("bookings", asked.id, "exchange"), .body = body.take()},
      session_use::if_kept);
}

}  // namespace

void add_own_booking_commands(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<own_booking_arguments>();
  add_booking_task(app, arguments, "bookings", "list the client's bookings", [&arguments, asked] {
    return run_booking_read(arguments, asked->all ? "/v1/bookings?state=all" : "/v1/bookings", bookings_text);
  })->add_flag("--all", asked->all, "cancelled ones, too");

  CLI::App* cancel =
      add_booking_task(app, arguments, "cancel-booking", "cancel a booking, or some of its seats",
                       [&arguments, asked] { return run_cancel(arguments, *asked); });
  cancel->add_option("booking", asked->id, "such as B-51901")->required();
  cancel->add_option("--seats", asked->choice.seats, "these only");

  CLI::App* exchange =
      add_booking_task(app, arguments, "exchange", "give seats of a booking for others, in one step",
                       [&arguments, asked] { return run_exchange(arguments, *asked); });
  exchange->add_option("booking", asked->id, "such as B-51901")->required();
  exchange->add_option("--to", asked->to_show, "the show of the new seats")->required();
  exchange->add_option("--seats", asked->choice.seats, "the new seats");
  asked->choice.describe_best(*exchange);
  exchange->add_option("--from-seats", asked->from_seats, "the seats to give up; default: all");
}

}  // namespace marquee::cli
