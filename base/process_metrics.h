#pragma once

#include "base/metrics.h"

namespace marquee {

/// What the operating system and the build say of this process: processor time, memory, open files, start,
/// clock, release. Read anew for each text. Call once.
void add_process_metrics(metrics_registry& registry);

}  // namespace marquee
