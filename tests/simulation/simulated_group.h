#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/simulated_replica.h"
#include "tests/simulation/simulation.h"

namespace marquee::raft::simulation {

/// How bad the network is at the moment.
struct network_weather {
  std::uint64_t lost_per_mille = 0;
  std::uint64_t repeated_per_mille = 0;
  std::int64_t delay_least_us = 100;
  std::int64_t delay_most_us = 2'000;
  /// Some messages take very long, so that they arrive in another term.
  std::uint64_t late_per_mille = 0;
};

/// The replicas, the network between them, clients, and time.
class simulated_group : public simulated_world {
 public:
  explicit simulated_group(const simulation_options& options);

  /// The part with faults.
  void run(std::uint64_t steps);
  /// Heals everything; a leader has to commit something new, and everybody to learn it, within a bounded
  /// time.
  void heal_and_come_back_to_life();
  [[nodiscard]] simulation_report report() const;

  void send(const message& m) override;
  void after(std::int64_t delay_us, std::function<void()> what) override;
  [[nodiscard]] std::int64_t now_us() const override { return now_us_; }
  [[nodiscard]] random_source& random() override { return random_; }
  [[nodiscard]] invariants& rules() override { return *rules_; }
  void crashed(const replica_id& replica) override;
  [[nodiscard]] bool tracing() const override { return static_cast<bool>(trace_); }
  void trace(const std::string& line) override;

 private:
  struct event {
    std::int64_t at_us;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator>(const event& other) const {
      return std::pair(at_us, sequence) > std::pair(other.at_us, other.sequence);
    }
  };

  // simulation.cpp
  void step();
  void add_replicas(const simulation_options& options);
  void deliver(const message& m);
  void tick_forever(simulated_replica& one);
  void write_forever();
  void run_until(std::int64_t at_most_us, const std::function<bool()>& done);
  [[nodiscard]] bool everybody_applied(log_index index) const;
  [[nodiscard]] simulated_replica& any();
  [[nodiscard]] simulated_replica* leader();
  [[nodiscard]] simulated_replica& by_broker(broker_id broker);

  // faults.cpp
  void fail_forever();
  void lose_power_somewhere();
  void take_power_from(simulated_replica& one);
  [[nodiscard]] bool others_are_whole(const simulated_replica& one);
  void damage_somewhere();
  void fail_somehow();
  void split();
  void isolate(const replica_id& replica);
  void cut_one_way();
  void change_weather();
  void restart_later(simulated_replica& one);
  void break_connection();
  void hand_over();

  random_source random_;
  std::function<void(const std::string&)> trace_;
  std::int64_t now_us_ = 0;
  std::uint64_t sequence_ = 0;
  std::priority_queue<event, std::vector<event>, std::greater<>> events_;
  configuration members_;
  std::unique_ptr<invariants> rules_;
  std::vector<std::unique_ptr<simulated_replica>> replicas_;
  std::set<std::pair<broker_id, broker_id>> cut_;
  network_weather weather_;
  bool healed_ = false;
  bool relaxed_ = false;
  bool damaged_ = false;
  bool damage_is_overlooked_ = false;
  /// Else a minority at a time: then nothing may be lost.
  bool majorities_lose_power_ = false;
  bool writing_ = true;
  std::int64_t fault_interval_us_ = 0;
  std::int64_t write_interval_us_ = 0;
  simulation_report counts_;
};

}  // namespace marquee::raft::simulation
