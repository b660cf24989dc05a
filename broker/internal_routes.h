#pragma once

#include <functional>
#include <string>

#include "broker/broker_services.h"
#include "net/cluster_secret.h"
#include "net/future.h"
#include "net/http_router.h"
#include "net/wake_point.h"

namespace marquee::broker {

/// What came of a push of topic metadata, after its replicas were made.
struct push_result {
  cluster_metadata::push_verdict verdict = cluster_metadata::push_verdict::applied;
  metadata_snapshot now;
};

/// What the internal HTTP endpoints work with. Outlives the HTTP server.
struct internal_routes_environment {
  std::string component;
  const net::cluster_secret& secret;
  /// Null until the broker has an identity and its log is open.
  std::function<broker_services*()> services;
  /// Applies a push off the HTTP loop.
  std::function<net::future<push_result>(metadata_push)> push;
  /// Woken when a leader changes.
  net::wake_point leaders_changed;
};

/// POST /internal/metadata, GET /internal/leaders, GET /internal/partitions, POST /internal/recover and, for
/// operators, GET /internal/raft and POST /internal/raft/...: for processes that prove the cluster's secret;
/// others get 403.
void add_internal_routes(net::http_router& router, const internal_routes_environment& environment);

}  // namespace marquee::broker
