#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/command_context.h"
#include "client/administrator.h"

namespace marquee::cli {

using administrator_call = std::function<client::outcome<std::string>(client::administrator&)>;
using answer_view = std::function<std::string(const nlohmann::json&)>;

/// Makes one call and prints its answer: as it is with --json, else as `show` says.
exit_code ask(const command_context& context, const administrator_call& call, const answer_view& show);

/// Prints an answer the same way that was got otherwise.
exit_code print_answer(const command_context& context, const client::outcome<std::string>& answer,
                       const answer_view& show);

/// Adds a subcommand of a subcommand; `run` is what it does once the whole command line was read.
CLI::App* add_task(CLI::App& parent, command_context& context, const std::string& name,
                   const std::string& what, std::function<exit_code()> run);

/// "key=value" texts as a map. Errors: invalid_argument, naming the text.
[[nodiscard]] result<std::map<std::string, std::string>> read_assignments(
    const std::vector<std::string>& assignments, const std::string& option);

}  // namespace marquee::cli
