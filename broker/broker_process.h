#pragma once

#include "broker/broker_options.h"

namespace marquee::broker {

/// Runs a broker until SIGTERM or SIGINT; 0 after a graceful stop. Other results: 1 when it cannot start.
[[nodiscard]] int run_broker(const broker_options& options);

}  // namespace marquee::broker
