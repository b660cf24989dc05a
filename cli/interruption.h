#pragma once

namespace marquee::cli {

/// From now on Ctrl-C and SIGTERM set a mark instead of ending the program; a second one ends it.
void watch_for_interruption();
[[nodiscard]] bool is_interrupted();

}  // namespace marquee::cli
