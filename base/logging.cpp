#include "base/logging.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "base/utf8.h"

namespace marquee {

namespace {

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// What `write_log` writes to. Made anew by `initialise_logging`, before other threads run.
struct log_target {
  std::shared_ptr<spdlog::logger> logger;
  std::string process_name = "marquee";
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("marquee", std::move(sink));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::debug);  // `minimum_level` has decided before
  logger->flush_on(spdlog::level::debug);   // lines are rare, and the last one before a crash matters most
  return logger;
}

/// Never destroyed: threads may log while the process exits.
log_target& target() {
  static auto* the_target =
      new log_target{make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>()), "marquee"};
  return *the_target;
}

std::atomic<log_level> minimum_level{log_level::info};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// U+0080 to U+009F: terminals obey some of them.
bool is_control_sequence(std::string_view sequence) {
  return sequence.size() == 2 && static_cast<unsigned char>(sequence[0]) == 0xc2 &&
         static_cast<unsigned char>(sequence[1]) < 0xa0;
}

}  // namespace

void initialise_logging(const logging_options& options) {
  minimum_level.store(options.level, std::memory_order_relaxed);
  if (!options.process_name.empty()) target().process_name = options.process_name;
  if (options.file.empty()) return;
  try {
    target().logger = make_logger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file));
  } catch (const spdlog::spdlog_ex& failed) {
    log_error("logging", "the log file '{}' cannot be opened, logging to standard error: {}", options.file,
              failed.what());
  }
}

void flush_log() {
  target().logger->flush();
}

bool log_enabled(log_level level) {
  return level >= minimum_level.load(std::memory_order_relaxed);
}

void write_log(log_level level, std::string_view component, std::string_view text) {
  const auto& [logger, process_name] = target();
  if (std::ranges::none_of(text, is_control)) {
    logger->log(to_spdlog(level), "{} {}: {}", process_name, component, text);
    return;
  }
  // One event is one line and moves no cursor, whatever a library's message holds.
  std::string line(text);
  std::ranges::replace_if(line, is_control, ' ');
  logger->log(to_spdlog(level), "{} {}: {}", process_name, component, line);
}

std::string escape_for_log(std::string_view text, std::size_t limit_bytes) {
  std::string escaped;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const bool stays = length > 1 ? !is_control_sequence(text.substr(0, length))
                                  : length == 1 && text[0] >= 0x20 && text[0] != 0x7f;
    const std::string piece = stays ? std::string(text.substr(0, length))
                                    : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    if (escaped.size() + piece.size() > limit_bytes) return escaped + "...";
    escaped += piece;
    text.remove_prefix(stays ? length : 1);
  }
  return escaped;
}

}  // namespace marquee
