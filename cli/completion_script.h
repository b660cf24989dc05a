#pragma once

#include <string>

namespace CLI {
class App;
}

namespace marquee::cli {

/// Completion scripts made from the definitions of the command line, so that they know every subcommand and
/// option that there is, and no other. Options that the help leaves out are left out.
[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);

}  // namespace marquee::cli
