#include "cli/administration.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/logging.h"

namespace marquee::cli {

using nlohmann::json;

exit_code print_answer(const command_context& context, const client::outcome<std::string>& answer,
                       const answer_view& show) {
  if (!answer) return report(context, answer.error());
  const std::string text = context.json ? *answer : show(json::parse(*answer));
  fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  return exit_code::success;
}

exit_code ask(const command_context& context, const administrator_call& call, const answer_view& show) {
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  client::administrator administrator(*options);
  return print_answer(context, call(administrator), show);
}

CLI::App* add_task(CLI::App& parent, command_context& context, const std::string& name,
                   const std::string& what, std::function<exit_code()> run) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->fallthrough();
  command->callback([&context, run = std::move(run)] { context.action = run; });
  return command;
}

result<std::map<std::string, std::string>> read_assignments(const std::vector<std::string>& assignments,
                                                            const std::string& option) {
  std::map<std::string, std::string> read;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(error_code::invalid_argument,
                  fmt::format("{} '{}' is not key=value", option, escape_for_log(assignment)));
    read[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return read;
}

}  // namespace marquee::cli
