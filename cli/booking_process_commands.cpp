#include "cli/booking_process_commands.h"

#include "booking_app/front_end/front_end_process.h"
#include "booking_app/replica/replica_process.h"
#include "booking_app/supervisor/supervisor_process.h"
#include "cli/process_command.h"

namespace marquee::cli {

void add_booking_process_commands(CLI::App& app, command_context& context) {
  add_process_command<booking::front_end_options>(app, context, "booking-front-end",
                                                  "run a front end of the booking application",
                                                  &booking::describe, &booking::run_booking_front_end);
  add_process_command<booking::supervisor_options>(
      app, context, "booking-supervisor", "run a supervisor of booking replicas: it replaces what is retired",
      &booking::describe, &booking::run_booking_supervisor);
  add_process_command<booking::replica_options>(app, context, "booking-replica",
                                                "run a replica of the booking application's state machine",
                                                &booking::describe, &booking::run_booking_replica);
}

}  // namespace marquee::cli
