#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace marquee::cli {

/// What the doctor saw of one process.
struct process_facts {
  std::string name;
  std::string role;
  std::string http;  ///< host:port, empty if it has none
  std::int64_t broker_id = 0;
  /// Of the operating system here; nothing if it does not run here, or is not known to.
  std::optional<bool> runs = {};
  bool answers = false;
  bool ready = false;
  std::string problem = {};  ///< why it does not answer or is not ready
  /// Values without labels, and sums over labels, by name.
  std::map<std::string, double> metrics = {};
  std::string version = {};
  /// Its clock minus the doctor's.
  std::optional<std::int64_t> clock_offset_ms = {};

  [[nodiscard]] std::optional<double> metric(const std::string& metric_name) const;
};

struct secret_file {
  std::string path;
  unsigned mode = 0;
};

/// Everything that the doctor saw.
struct cluster_facts {
  std::vector<process_facts> processes;
  /// Of GET /internal/raft of all brokers that answered.
  std::vector<nlohmann::json> replicas = {};
  /// By broker id: the brokers that it is connected to. Only brokers that answered.
  std::map<std::int64_t, std::set<std::int64_t>> connections = {};
  std::string raft_problem = {};  ///< why no broker could be asked
  std::vector<secret_file> secrets = {};
  /// Listeners beyond this machine, "broker-1 kafka 10.0.0.1:9092".
  std::vector<std::string> open_listeners = {};
};

enum class severity : std::uint8_t { good, warning, critical };

struct finding {
  severity level = severity::good;
  std::string check;    ///< such as "disk"
  std::string subject;  ///< whom it is about, empty for all
  std::string what;
  std::string meaning;  ///< empty if good
  std::string advice;   ///< what to do next; empty if good
};

/// A pure decision: findings for everything that is wrong, and one `good` finding for each check that found
/// nothing.
[[nodiscard]] std::vector<finding> diagnose(const cluster_facts& facts);

}  // namespace marquee::cli
