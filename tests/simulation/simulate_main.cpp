#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/simulation/simulation.h"

/// simulate --seed N [--steps N] [--quiet]      replays one run and prints who sent what
/// simulate ... --relaxed                       with relaxed durability and losses of power
/// simulate ... --damaged                       with disks that damage the log of a minority
/// simulate --seed N --count M [--steps N]      runs M seeds from N on and prints the failing ones
namespace {

using marquee::raft::simulation::run_simulation;
using marquee::raft::simulation::simulation_options;
using marquee::raft::simulation::simulation_report;

void print(const simulation_options& options, const simulation_report& report) {
  std::printf(
      "seed %llu: %llu events, %lld virtual ms, %llu messages, %llu crashes, %llu terms, "
      "%llu acknowledged: %s\n",
      static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(report.events),
      static_cast<long long>(report.virtual_ms), static_cast<unsigned long long>(report.messages),
      static_cast<unsigned long long>(report.crashes), static_cast<unsigned long long>(report.terms),
      static_cast<unsigned long long>(report.acknowledged),
      report.violation.empty() ? "all invariants hold" : report.violation.c_str());
}

int run_many(simulation_options options, std::uint64_t count) {
  int failures = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t crashes = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t lost = 0;
  std::uint64_t damages = 0;
  for (; count > 0; --count, ++options.seed) {
    const simulation_report report = run_simulation(options);
    acknowledged += report.acknowledged;
    crashes += report.crashes;
    power_losses += report.power_losses;
    lost += report.lost;
    damages += report.damages;
    if (report.violation.empty()) continue;
    ++failures;
    print(options, report);
    std::printf("  replay: %s\n", replay_command(options).c_str());
  }
  std::printf(
      "%d seeds failed; %llu entries acknowledged, %llu crashes, %llu losses of power, %llu damaged logs, "
      "%llu entries lost\n",
      failures, static_cast<unsigned long long>(acknowledged), static_cast<unsigned long long>(crashes),
      static_cast<unsigned long long>(power_losses), static_cast<unsigned long long>(damages),
      static_cast<unsigned long long>(lost));
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  simulation_options options;
  std::uint64_t count = 0;
  bool quiet = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--quiet") {
      quiet = true;
    } else if (word == "--relaxed") {
      options.relaxed = true;
    } else if (word == "--damaged") {
      options.damaged = true;
    } else if (i + 1 < argc && word == "--seed") {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && word == "--steps") {
      options.steps = std::strtoull(argv[++i], nullptr, 10);
    } else if (i + 1 < argc && word == "--count") {
      count = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr,
                   "usage: simulate --seed N [--steps N] [--relaxed] [--damaged] [--count M | --quiet]\n");
      return 2;
    }
  }
  if (count > 0) return run_many(options, count);
  if (!quiet) options.trace = [](const std::string& line) { std::printf("%s\n", line.c_str()); };
  const simulation_report report = run_simulation(options);
  print(options, report);
  return report.violation.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
