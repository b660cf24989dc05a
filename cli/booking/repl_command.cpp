#include <fmt/format.h>
#include <unistd.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <istream>

#include "cli/booking/booking_command.h"
#include "cli/booking/prompt.h"
#include "cli/interruptible_input.h"
#include "cli/interruption.h"

namespace marquee::cli {

namespace {

struct repl_arguments {
  std::string show;
  std::string administrator = "admin";
  std::int64_t columns = 7;
};

exit_code run_repl(const booking_arguments& arguments, const repl_arguments& asked) {
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  prompt_options options{.connection = client->connection().options(),
                         .administrator = asked.administrator,
                         .show = asked.show,
                         .columns = asked.columns,
                         .lease_ms = client->leases_wanted().lease_ms,
                         .grace_ms = client->leases_wanted().grace_ms,
                         .json = arguments.context.json};
  const bool is_terminal = isatty(STDIN_FILENO) == 1;
  booking_prompt prompt(std::move(options), [](const std::string& line) {
    fmt::print("{}{}", line, line.ends_with('\n') ? "" : "\n");
    std::fflush(stdout);
  });
  interruptible_input buffer(STDIN_FILENO);
  std::istream input(&buffer);
  if (is_terminal) fmt::print("{}\n", booking_prompt::help());
  const auto ask = [is_terminal] {
    if (!is_terminal) return;
    fmt::print("> ");
    std::fflush(stdout);
  };
  ask();
  for (std::string line; std::getline(input, line); ask())
    if (!prompt.take(line)) break;
  return to_exit_code(is_interrupted() ? booking_exit::interrupted : booking_exit::success);
}

}  // namespace

void add_repl_command(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<repl_arguments>();
  CLI::App* repl =
      add_booking_task(app, arguments, "repl", "a prompt for several clients: client1 1A RESERVE",
                       [&arguments, asked] { return run_repl(arguments, *asked); });
  repl->add_option("--show", asked->show, "default: the first one there is");
  repl->add_option("--admin", asked->administrator, "who scales and cleans")->capture_default_str();
  repl->add_option("--cols", asked->columns, "seats in a row of a show that 'scale' makes")
      ->check(CLI::Range(1, 26))
      ->capture_default_str();
}

}  // namespace marquee::cli
