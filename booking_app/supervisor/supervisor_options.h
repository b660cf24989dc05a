#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/config.h"
#include "net/process_host.h"

namespace marquee::booking {

/// Configuration of a supervisor. Its keys are described in supervisor_options.cpp.
struct supervisor_options {
  supervisor_options();

  net::process_options process;
  std::vector<std::string> load_balancers;  ///< "host:port" of the public API
  std::string topic_prefix = "booking";
  std::vector<std::string> replicas;  ///< "r1=/path/to/replica.toml"
  std::string binary;                 ///< empty: this program
  std::string cluster_file;           ///< empty: none
  std::int64_t look_ms = 100;         ///< between two looks at every replica
  std::int64_t restart_ms = 20'000;   ///< one that is not retired and gone for so long is started again
  std::int64_t start_ms = 60'000;     ///< a new process that does not answer by then is stopped
};

void describe(config_schema& schema, supervisor_options& options);

}  // namespace marquee::booking
