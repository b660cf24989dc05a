#pragma once

#include "cli/broker_access.h"
#include "cli/command_context.h"
#include "cli/diagnosis.h"

namespace marquee::cli {

/// Looks at everything that can be reached: the processes that cluster.json, GET /cluster (of a load
/// balancer, else of a write manager) and --broker name; their /ready and /metrics; the brokers' replicas;
/// files of the state directory. All at the same time, a few seconds at most. What does not answer is a fact
/// like others.
[[nodiscard]] cluster_facts examine(const command_context& context, const broker_access_options& options);

}  // namespace marquee::cli
