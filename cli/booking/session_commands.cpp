#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/booking/answer_text.h"
#include "cli/booking/booking_command.h"
#include "cli/interruption.h"

namespace marquee::cli {

namespace {

exit_code run_open(const booking_arguments& arguments, const std::string& resume) {
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  const auto wanted = resume.empty() ? std::nullopt : std::optional(resume);
  return print_outcome(arguments, client->open_session(wanted), answer_text);
}

/// The kept session, or why the command ends here.
std::expected<kept_session, exit_code> find_session(const booking_arguments& arguments,
                                                    booking_client& client) {
  const auto live = client.live_session();
  if (!live) return std::unexpected(print_outcome(arguments, std::unexpected(live.error()), answer_text));
  if (*live) return **live;
  return std::unexpected(
      print_outcome(arguments,
                    std::unexpected(booking_silence{
                        "NO_SESSION", "there is no session of this client; 'session open' makes one"}),
                    answer_text));
}

exit_code run_status(const booking_arguments& arguments, const std::string& id) {
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  std::string asked = id;
  if (asked.empty()) {
    const auto kept = find_session(arguments, *client);
    if (!kept) return kept.error();
    asked = kept->session_id;
  }
  return print_outcome(arguments, client->read(read_target(arguments, path_of("sessions", asked))),
                       session_text);
}

exit_code run_close(const booking_arguments& arguments) {
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  const auto kept = find_session(arguments, *client);
  if (!kept) return kept.error();
  booking_request request{.method = "DELETE", .target = path_of("sessions", kept->session_id)};
  if (!arguments.key.empty()) request.idempotency_key = arguments.key;
  const auto outcome = client->command(request, session_use::none);
  if (outcome) client->forget_session();
  return print_outcome(arguments, outcome, answer_text, &request);
}

/// Keeps the session alive until the user interrupts, and prints what happens in it.
exit_code run_keep(const booking_arguments& arguments) {
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  if (const auto kept = find_session(arguments, *client); !kept) return kept.error();
  while (!is_interrupted()) {
    const auto live = client->live_session();
    if (!live) return print_outcome(arguments, std::unexpected(live.error()), answer_text);
    if (!*live) break;
    booking_request request{.method = "POST",
                            .target = path_of("sessions", (*live)->session_id, "keepalive?wait=true"),
                            .body = "{}",
                            .extra_wait_ms = (*live)->lease_ms};
    const auto outcome = client->keep_alive(request, **live);
    if (!outcome || !outcome->is_success) return print_outcome(arguments, outcome, answer_text, &request);
    fmt::print("{}\n", outcome->body);
    std::fflush(stdout);
  }
  return to_exit_code(booking_exit::interrupted);
}

}  // namespace

void add_session_commands(CLI::App& app, booking_arguments& arguments) {
  CLI::App* command = app.add_subcommand("session", "the client's session, kept from command to command");
  command->require_subcommand(1);
  const auto id = std::make_shared<std::string>();
  add_booking_task(*command, arguments, "open", "open a session; the next commands belong to it",
                   [&arguments, id] { return run_open(arguments, *id); })
      ->add_option("--resume", *id, "go on with this session instead");
  add_booking_task(*command, arguments, "status", "what the session holds", [&arguments, id] {
    return run_status(arguments, *id);
  })->add_option("id", *id, "default: the session that is kept");
  add_booking_task(*command, arguments, "close", "end the session: its holds and locks are released",
                   [&arguments] { return run_close(arguments); });
  add_booking_task(*command, arguments, "keep", "keep the session alive until Ctrl-C; prints its events",
                   [&arguments] { return run_keep(arguments); });
}

}  // namespace marquee::cli
