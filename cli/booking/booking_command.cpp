#include "cli/booking/booking_command.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <limits>

namespace marquee::cli {

namespace {

constexpr std::int64_t largest_sequence = (std::int64_t{1} << 53) - 1;

constexpr const char* footer =
    "Exit codes: 0 done, 2 refused by the state machine, 3 unavailable, outcome unknown or session expired,\n"
    "4 wrong command line, 130 interrupted.";

void add_shared_options(CLI::App& command, booking_arguments& arguments) {
  command
      .add_option(
          "--servers", arguments.servers,
          "front ends as host:port, with commas, asked in turn; a load balancer as host:port/booking. "
          "Default: those of cluster.json in the state directory, else 127.0.0.1:8301,127.0.0.1:8302")
      ->expected(1)
      ->delimiter(',')
      ->take_all()
      ->envname("MARQUEE_BOOKING_SERVERS");
  command.add_option("--client", arguments.client_id, "who books; default: your login name")
      ->envname("MARQUEE_CLIENT");
  command.add_option("--lease", arguments.lease,
                     "open a session if there is none, with this lease, such as 12s");
  command.add_option("--grace", arguments.grace, "and this grace period, such as 45s");
  command.add_option("--key", arguments.key,
                     "the command's idempotency key: a command that is run again with it is done once. "
                     "Default: a new one");
  command.add_option("--seq", arguments.seq, "the client's own number for the command, instead of a key")
      ->check(CLI::Range(std::int64_t{1}, largest_sequence));
  command.add_option("--ack-below", arguments.ack_below, "answers to lower numbers are not needed any more")
      ->check(CLI::Range(std::int64_t{1}, largest_sequence));
  command.add_option("--under-lock", arguments.lock, "only while this lock is held, such as hall-1:88");
  command.add_option("--min-offset", arguments.min_offset, "reads: wait until this command is applied")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--linearizable", arguments.linearizable, "reads: nothing older than the question");
}

}  // namespace

void add_booking_command(CLI::App& app, command_context& context) {
  // Lives as long as the definitions that refer to it: the callbacks hold it.
  const auto arguments = std::make_shared<booking_arguments>(booking_arguments{.context = context});
  CLI::App* command = app.add_subcommand("booking", "book seats; manage shows, sessions and locks");
  command->require_subcommand(1);
  command->footer(footer);
  command->preparse_callback([arguments](std::size_t) {});
  add_shared_options(*command, *arguments);
  add_session_commands(*command, *arguments);
  add_show_commands(*command, *arguments);
  add_watch_command(*command, *arguments);
  add_seat_commands(*command, *arguments);
  add_own_booking_commands(*command, *arguments);
  add_waiting_commands(*command, *arguments);
  add_lock_commands(*command, *arguments);
  add_booking_administration(*command, *arguments);
  add_repl_command(*command, *arguments);
  add_replay_command(*command, *arguments);
  add_booking_bench_command(*command, *arguments);
}

}  // namespace marquee::cli
