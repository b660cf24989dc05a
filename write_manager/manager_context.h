#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "db/activity_log.h"
#include "db/metadata_cache.h"
#include "db/metadata_follower.h"
#include "db/metadata_store.h"
#include "kafka/cluster_client.h"
#include "net/access_policy.h"
#include "net/api_error.h"
#include "net/cluster_secret.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_exchange.h"
#include "write_manager/broker_registry.h"
#include "write_manager/write_manager_options.h"

namespace marquee::write_manager {

/// An answer, or the failure that is told instead.
template <class T = void>
using api_result = std::expected<T, net::api_error>;

/// What the handlers of one write manager have in common. Owned by the process; everything in it outlives the
/// loop.
struct manager_context {
  const write_manager_options& options;
  std::string component;  ///< "write_manager/wm-1"
  const clock& time;
  net::event_loop& loop;
  net::http_client& http;
  const net::cluster_secret& secret;
  metrics_registry& metrics;
  db::metadata_store& store;
  db::metadata_cache& cache;
  db::metadata_follower& follower;
  kafka::cluster_client& brokers;
  broker_registry& registry;
  db::activity_log& activity;
  net::access_policy access{};

  [[nodiscard]] net::api_error problem(int status, std::string code, std::string message) const;
  /// 503 METADATA_UNAVAILABLE: what is asked needs PostgreSQL.
  [[nodiscard]] net::api_error metadata_unavailable(const std::string& why) const;
  /// The failure of a call of the metadata store.
  [[nodiscard]] net::api_error from_store(const error& why) const;
  /// Nothing if the caller may; else 403.
  [[nodiscard]] api_result<> authorise(const net::http_request& request, net::operation what,
                                       const net::resource& on) const;
  /// 403 unless the caller holds the cluster secret.
  [[nodiscard]] api_result<> require_cluster(const net::http_request& request) const;
  [[nodiscard]] net::deadline metadata_deadline(const net::http_exchange& exchange) const;

  /// The live topic of that name; reads the metadata again once before it says that there is none. Errors:
  /// TOPIC_NOT_FOUND, METADATA_UNAVAILABLE, INVALID_TOPIC for internal ones.
  [[nodiscard]] net::task<api_result<db::topic_pointer>> find_topic(std::string name,
                                                                    net::deadline end) const;
};

}  // namespace marquee::write_manager
