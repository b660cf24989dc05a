#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace marquee::raft::simulation {

struct simulation_options {
  std::uint64_t seed = 1;
  /// Events with faults; then everything is healed and the group has to make progress.
  std::uint64_t steps = 20'000;
  /// A planted bug of the disk (raft-pitfalls 2).
  bool disk_forgets_votes = false;
  /// Planted: a replica shows a log start as soon as the entry is in its log, committed or not.
  bool log_start_at_append = false;
  /// Planted: of two log starts the later entry counts, not the higher one.
  bool newest_log_start_wins = false;
  /// The group's durability is relaxed (DESIGN D4), and machines lose power.
  bool relaxed = false;
  /// Disks damage what a minority of the replicas had synced: the log is cut off at the first entry that
  /// cannot be read, and the replica is in doubt.
  bool damaged = false;
  /// A planted bug: a replica whose log was cut off takes itself for whole.
  bool damage_is_overlooked = false;
  /// Gets a line for everything that happens; empty: none is made.
  std::function<void(const std::string&)> trace = {};
};

struct simulation_report {
  /// Empty: every invariant held, and the group came back to life.
  std::string violation;
  std::uint64_t events = 0;
  std::uint64_t messages = 0;
  std::uint64_t crashes = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t damages = 0;
  /// Acknowledged entries that a loss of power on a majority took.
  std::uint64_t lost = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t terms = 0;
  /// Records that retention dropped.
  std::uint64_t dropped = 0;
  std::int64_t virtual_ms = 0;
};

/// One group of replicas in one thread and virtual time, with a network and disks that fail in every way that
/// the seed thinks of. Equal options give equal runs.
[[nodiscard]] simulation_report run_simulation(const simulation_options& options);

/// For a failure's message.
[[nodiscard]] std::string replay_command(const simulation_options& options);

}  // namespace marquee::raft::simulation
