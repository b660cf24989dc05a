#include "cli/booking_process_commands.h"

#include "cli/process_command.h"

namespace marquee::cli {

void add_booking_process_commands([[maybe_unused]] CLI::App& app, [[maybe_unused]] command_context& context) {
}

}  // namespace marquee::cli
