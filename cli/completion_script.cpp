#include "cli/completion_script.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <vector>

namespace marquee::cli {

namespace {

/// What can follow one chain of subcommands.
struct completion_point {
  std::string path;                                          ///< "marquee topic create"
  std::vector<std::pair<std::string, std::string>> words{};  ///< subcommands and options, with descriptions
  std::vector<std::string> options_with_value{};
};

void add_options(const CLI::App& app, completion_point& point) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) {
      const bool is_known =
          std::ranges::any_of(point.words, [&](const auto& word) { return word.first == "--" + name; });
      if (is_known) continue;
      point.words.emplace_back("--" + name, option->get_description());
      if (option->get_items_expected_min() > 0) point.options_with_value.push_back("--" + name);
    }
  }
}

void collect(const CLI::App& app, const CLI::App& root, const std::string& path,
             std::vector<completion_point>& points) {
  completion_point point{.path = path};
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* one : subcommands) point.words.emplace_back(one->get_name(), one->get_description());
  add_options(app, point);
  // The shared options may stand anywhere.
  if (&app != &root) add_options(root, point);
  points.push_back(std::move(point));
  for (const CLI::App* one : subcommands) collect(*one, root, path + " " + one->get_name(), points);
}

std::vector<completion_point> collect_points(const CLI::App& app) {
  std::vector<completion_point> points;
  collect(app, app, app.get_name(), points);
  return points;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// For single quotes of a shell, as one word of `_describe`: a colon there would begin the description.
std::string quote(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c == '\n' ? ' ' : c;
  }
  return quoted + "'";
}

/// Sets `place` to the chain of subcommands before the cursor. `words` and `current` are what the shell calls
/// them. A value of an option is skipped, so that a topic named "list" is not taken for a subcommand of
/// another level.
std::string path_function(const std::vector<completion_point>& points, const std::string& first_index,
                          const std::string& words, const std::string& current) {
  std::string text = "  local place=marquee index=" + first_index + "\n";
  text += "  while [ \"$index\" -lt \"" + current + "\" ]; do\n";
  text += "    case \"$place ${" + words + "[$index]}\" in\n";
  for (const auto& point : points) {
    if (point.path.find(' ') != std::string::npos)
      text += "      " + quote(point.path) + ") place=" + quote(point.path) + ";;\n";
    for (const auto& option : point.options_with_value)
      text += "      " + quote(point.path + " " + option) + ") index=$((index + 1));;\n";
  }
  text += "    esac\n    index=$((index + 1))\n  done\n";
  return text;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const auto points = collect_points(app);
  std::string text = "# bash completion of marquee. Load it with: source <(marquee completion bash)\n";
  text += "_marquee() {\n  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n";
  text += path_function(points, "1", "COMP_WORDS", "$COMP_CWORD");
  text += "  COMPREPLY=()\n  case \"$place $previous\" in\n";
  for (const auto& point : points)
    for (const auto& option : point.options_with_value)
      text += "    " + quote(point.path + " " + option) +
              ") COMPREPLY=($(compgen -f -- \"$current\")); return;;\n";
  text += "  esac\n  case \"$place\" in\n";
  for (const auto& point : points) {
    std::vector<std::string> words;
    for (const auto& [word, description] : point.words) words.push_back(word);
    text += "    " + quote(point.path) + ") COMPREPLY=($(compgen -W " + quote(join(words)) +
            " -- \"$current\"));;\n";
  }
  return text + "  esac\n}\ncomplete -F _marquee marquee\n";
}

std::string zsh_completion(const CLI::App& app) {
  const auto points = collect_points(app);
  std::string text =
      "#compdef marquee\n# zsh completion of marquee. Load it with: source <(marquee completion zsh)\n";
  text += "_marquee() {\n  local -a choices\n";
  text += path_function(points, "2", "words", "$CURRENT");
  text += "  case \"$place ${words[$((CURRENT - 1))]}\" in\n";
  for (const auto& point : points)
    for (const auto& option : point.options_with_value)
      text += "    " + quote(point.path + " " + option) + ") _files; return;;\n";
  text += "  esac\n  case \"$place\" in\n";
  for (const auto& point : points) {
    text += "    " + quote(point.path) + ") choices=(";
    for (const auto& [word, description] : point.words) text += " " + quote(word + ":" + description);
    text += ");;\n";
  }
  return text + "  esac\n  _describe marquee choices\n}\ncompdef _marquee marquee\n";
}

}  // namespace marquee::cli
