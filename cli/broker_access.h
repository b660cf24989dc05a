#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command_context.h"
#include "cli/partition_name.h"
#include "client/api_failure.h"
#include "net/cluster_secret.h"
#include "net/event_loop.h"

namespace CLI {
class App;
}

namespace marquee::cli {

struct broker_access_options {
  std::vector<std::string> brokers;  ///< addresses (host:port) or broker ids
  std::string secret_file;
};

/// `--broker` and `--secret-file`.
void add_broker_access_options(CLI::App& command, broker_access_options& options);

/// What one broker said.
struct broker_answer {
  std::string broker;  ///< its address
  int status = 0;      ///< 0: none came
  nlohmann::json body = {};
  std::string code = {};     ///< the cluster's, or NO_CONNECTION
  std::string problem = {};  ///< for people; empty if good

  [[nodiscard]] bool good() const { return status == 200; }
};

/// Speaks to the admin endpoints of brokers, with the proof of the cluster's secret. On the main thread.
class broker_access {
 public:
  /// Errors: the secret cannot be read; says how to name it.
  [[nodiscard]] static result<broker_access> make(const command_context& context,
                                                  const broker_access_options& options);

  /// Addresses: those of --broker, else those that the cluster names, else (no load balancer answers) those
  /// of cluster.json in the state directory.
  [[nodiscard]] client::outcome<std::vector<std::string>> brokers() const;
  /// True if --broker was given.
  [[nodiscard]] bool is_told_whom() const { return !options_.brokers.empty(); }

  /// `body` null: none.
  [[nodiscard]] broker_answer ask(const std::string& broker, const std::string& method,
                                  const std::string& target, const nlohmann::json& body = nullptr);
  /// All at the same time; answers in the order of `brokers`.
  [[nodiscard]] std::vector<broker_answer> ask_all(const std::vector<std::string>& brokers,
                                                   const std::string& method, const std::string& target,
                                                   const nlohmann::json& body = nullptr);

 private:
  broker_access(const command_context& context, broker_access_options options, net::cluster_secret secret);

  const command_context* context_;
  broker_access_options options_;
  net::cluster_secret secret_;
  std::unique_ptr<net::event_loop> loop_;
};

/// What a command about one partition begins with.
struct partition_access {
  partition_name partition;
  broker_access access;
  std::vector<std::string> brokers;
};
/// Else says on stderr what is wrong with `partition_text` or the options, or that nobody names the brokers,
/// and gives the exit code.
[[nodiscard]] std::expected<partition_access, exit_code> open_partition(const command_context& context,
                                                                        const std::string& partition_text,
                                                                        const broker_access_options& options);

/// The brokers of cluster.json: id and HTTP address. Empty without such a file.
[[nodiscard]] std::vector<std::pair<std::int64_t, std::string>> brokers_of_cluster_file(
    const std::string& state_dir);

}  // namespace marquee::cli
