#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "booking_app/machine/json_writer.h"
#include "cli/booking/booking_command.h"

namespace marquee::cli {

namespace {

struct waiting_arguments {
  std::string show;
  std::int64_t seats = 1;
  std::string category;
};

exit_code run_join(const booking_arguments& arguments, const waiting_arguments& asked) {
  booking::json_writer body;
  body.open_object();
  if (!asked.category.empty()) body.field("category", asked.category);
  body.field("n", asked.seats).close_object();
  return run_booking_command(
      arguments, {.method = "POST", .target = path_of("shows", asked.show, "waitlist"), .body = body.take()},
      session_use::if_kept);
}

}  // namespace

void add_waiting_commands(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<waiting_arguments>();
  CLI::App* list = app.add_subcommand("waitlist", "the waiting list of a show that is sold out");
  list->require_subcommand(1);
  CLI::App* join = add_booking_task(*list, arguments, "join", "wait for seats",
                                    [&arguments, asked] { return run_join(arguments, *asked); });
  join->add_option("show", asked->show, "such as S1")->required();
  join->add_option("n", asked->seats, "how many seats")->check(CLI::Range(1, 1'000'000));
  join->add_option("--category", asked->category, "of the seats");
  add_booking_task(*list, arguments, "leave", "wait no longer",
                   [&arguments, asked] {
                     return run_booking_command(
                         arguments, {.method = "DELETE", .target = path_of("shows", asked->show, "waitlist")},
                         session_use::if_kept);
                   })
      ->add_option("show", asked->show, "such as S1")
      ->required();

  CLI::App* queue = app.add_subcommand("queue", "the admission queue of a show that has one");
  queue->require_subcommand(1);
  add_booking_task(*queue, arguments, "join", "ask to be let in; asking again keeps the place",
                   [&arguments, asked] {
                     return run_booking_command(
                         arguments,
                         {.method = "POST", .target = path_of("shows", asked->show, "queue"), .body = "{}"},
                         session_use::if_kept);
                   })
      ->add_option("show", asked->show, "such as S1")
      ->required();
}

}  // namespace marquee::cli
