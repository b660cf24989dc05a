#pragma once

#include "cli/command_context.h"

namespace marquee::cli {

/// The processes of the booking application: booking-replica, booking-supervisor, booking-front-end; each is
/// one `add_process_command` line. Their keys are listed by `config-reference`, which needs a line each, too.
void add_booking_process_commands(CLI::App& app, command_context& context);

}  // namespace marquee::cli
