#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"
#include "net/http_client.h"
#include "net/http_message.h"
#include "net/task.h"

namespace marquee::booking {

/// What a replica says of itself at GET /status.
struct replica_status {
  std::string replica;
  std::int64_t incarnation = 0;
  std::int64_t offset = -1;  ///< newest applied; -1 before the first
  std::int64_t time_ms = 0;
  bool ok = false;                      ///< false: it has found its own state damaged
  std::optional<std::string> digest{};  ///< after `digest_offset`, if it is known
  std::int64_t digest_offset = -1;
};

/// The replicas' own HTTP, on the front end's loop. A replica that answers slowly or not at all fails its own
/// calls only.
class replica_client {
 public:
  replica_client(net::http_client& client, std::map<std::string, net::endpoint> replicas);

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool knows(std::string_view replica) const;

  /// With `offset`: waits up to `wait_ms` until the replica has applied it. Without: what it has now.
  [[nodiscard]] net::task<result<replica_status>> status(std::string replica,
                                                         std::optional<std::int64_t> offset,
                                                         std::int64_t wait_ms, std::stop_token cancel);
  /// The replica's answers as they are. Errors as for http_client, and not_found for an unknown name.
  [[nodiscard]] net::task<result<net::http_response>> digest(std::string replica, std::int64_t offset,
                                                             std::stop_token cancel);
  [[nodiscard]] net::task<result<net::http_response>> take_snapshot(std::string replica,
                                                                    std::stop_token cancel);
  [[nodiscard]] net::task<result<net::http_response>> inject_fault(std::string replica, std::string mode,
                                                                   std::int64_t count,
                                                                   std::stop_token cancel);

 private:
  net::task<result<net::http_response>> call(std::string replica, net::http_request request,
                                             std::int64_t timeout_ms, std::stop_token cancel);

  net::http_client& client_;
  std::map<std::string, net::endpoint> replicas_;
  std::vector<std::string> names_;
};

/// Errors: corrupt.
[[nodiscard]] result<replica_status> parse_replica_status(std::string_view text);

}  // namespace marquee::booking
