#include "benchmarks/load/load_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <random>

namespace marquee::load {

void load_options::describe(CLI::App& app) {
  app.add_option("--topic", topic, "topic that exists already");
  app.add_option("--connections", connections, "clients side by side")->check(CLI::Range(1, 20'000));
  app.add_option("--record-bytes", record_bytes, "bytes of a record's value")
      ->check(CLI::Range(1, 8'388'608));
  app.add_option("--batch", batch, "records a request")->check(CLI::Range(1, 100'000));
  app.add_option("--seconds", seconds, "measured time")->check(CLI::Range(0.1, 86'400.0));
  app.add_option("--warm-up-seconds", warm_up_seconds, "load before the measured time")
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--rate", rate, "records a second, latency from the intended start; 0: a closed loop")
      ->check(CLI::Range(0.0, 1e8));
  app.add_option("--keys", keys, "number of different keys; 0: records without a key")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--timeline-ms", step_ms, "length of a step of the timeline")->check(CLI::Range(10, 60'000));
  app.add_option("--timeout-seconds", timeout_seconds, "for one answer")->check(CLI::Range(0.1, 600.0));
  app.add_flag("--announce", announces,
               "write 'started' to standard error when the load begins, with its warm-up");
}

void load_options::announce_start() const {
  if (announces) std::cerr << "started" << std::endl;
}

measured_window load_options::window_from(steady::time_point start) const {
  const auto begin = start + to_duration(warm_up_seconds);
  return {.begin = begin, .end = begin + to_duration(seconds)};
}

std::string make_payload(std::int64_t bytes, std::uint64_t seed) {
  // Letters that need no escape in JSON and mean nothing to it.
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::mt19937_64 random(seed);
  std::string text(static_cast<std::size_t>(bytes), ' ');
  for (char& letter : text) letter = letters[random() % letters.size()];
  return text;
}

steady::duration to_duration(double seconds) {
  return std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace marquee::load
