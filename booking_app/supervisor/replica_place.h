#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"

namespace marquee::booking {

/// Where a replica lives on this machine, as its own configuration file says.
struct replica_place {
  std::string id{};  ///< "r1"
  std::string config_file{};
  std::string data_dir{};
  net::endpoint http{};

  [[nodiscard]] std::string folder_of(std::int64_t incarnation) const {
    return data_dir + "/" + std::to_string(incarnation);
  }
  [[nodiscard]] std::string lock_file() const { return data_dir + "/process.lock"; }
};

/// "r1=/path/to/replica.toml". Errors: not_found, invalid_argument (name the file and what is missing in it).
[[nodiscard]] result<replica_place> read_replica_place(const std::string& entry);

/// Incarnations that have a folder, in order.
[[nodiscard]] std::vector<std::int64_t> incarnations_kept(const replica_place& place);

}  // namespace marquee::booking
