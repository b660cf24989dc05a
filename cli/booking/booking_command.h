#pragma once

#include "cli/booking/booking_task.h"

namespace marquee::cli {

// The commands of `marquee booking`, group by group. `arguments` outlives them.
void add_session_commands(CLI::App& app, booking_arguments& arguments);
void add_show_commands(CLI::App& app, booking_arguments& arguments);
void add_watch_command(CLI::App& app, booking_arguments& arguments);
void add_seat_commands(CLI::App& app, booking_arguments& arguments);
void add_own_booking_commands(CLI::App& app, booking_arguments& arguments);
void add_waiting_commands(CLI::App& app, booking_arguments& arguments);
void add_lock_commands(CLI::App& app, booking_arguments& arguments);
void add_booking_administration(CLI::App& app, booking_arguments& arguments);
void add_repl_command(CLI::App& app, booking_arguments& arguments);
void add_replay_command(CLI::App& app, booking_arguments& arguments);
void add_booking_bench_command(CLI::App& app, booking_arguments& arguments);

}  // namespace marquee::cli
