#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

/// One line per event that matters to an operator, never per message. Levels mean:
/// error: somebody should look now; warning: something is off and Marquee copes; info: a change of state;
/// debug: for developers. Ids go into the text as "topic/partition", "broker 2", "request abc".
/// What came from outside goes through `escape_for_log`.
namespace marquee {

enum class log_level : std::uint8_t { debug, info, warning, error };

struct logging_options {
  log_level level = log_level::info;
  /// Empty: standard error. Else a file that is appended to.
  std::string file;
  /// Names the process in every line, such as "broker-1".
  std::string process_name;
};

/// Call once, at start, before other threads run. Without it lines go to standard error at level info.
void initialise_logging(const logging_options& options);
void flush_log();
[[nodiscard]] bool log_enabled(log_level level);
/// `component` names the folder or part, such as "raft" or "broker.kafka".
void write_log(log_level level, std::string_view component, std::string_view text);

/// Printable ASCII and valid UTF-8 stay, everything else becomes \xNN; cut at `limit_bytes` with an ellipsis.
[[nodiscard]] std::string escape_for_log(std::string_view text, std::size_t limit_bytes = 200);

template <class... Args>
void log(log_level level, std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) write_log(level, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(log_level::debug, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(log_level::info, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(log_level::warning, component, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  log(log_level::error, component, format, std::forward<Args>(args)...);
}

}  // namespace marquee
