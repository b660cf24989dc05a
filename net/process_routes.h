#pragma once

#include <functional>

#include "base/metrics.h"
#include "base/result.h"
#include "net/http_router.h"

namespace marquee::net {

/// Whether the process can serve; the error's message says what is missing.
using ready_check = std::function<result<>()>;

/// GET /health (the process is up: 200), GET /ready (200, or 503 NOT_READY with the reason) and GET /metrics
/// (Prometheus text). `metrics` must outlive the router; `ready` runs on the server's loop.
void add_process_routes(http_router& router, std::string component, const metrics_registry& metrics,
                        ready_check ready);

}  // namespace marquee::net
