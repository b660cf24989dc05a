#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command_context.h"
#include "cli/completion_script.h"

namespace marquee::cli {

void add_completion_command(CLI::App& app, command_context& context) {
  CLI::App* command = app.add_subcommand(
      "completion", "print a completion script: source <(marquee completion bash), or zsh");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&app, &context, shell] {
    context.action = [&app, &context, shell] {
      const std::string script = *shell == "bash" ? bash_completion(app) : zsh_completion(app);
      fmt::print("{}", context.json ? nlohmann::json({{"shell", *shell}, {"script", script}}).dump() + "\n"
                                    : script);
      return exit_code::success;
    };
  });
}

}  // namespace marquee::cli
