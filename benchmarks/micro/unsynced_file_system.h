#pragma once

#include "base/file_system.h"

namespace marquee::micro {

/// The operating system's files, but nothing waits for the disk: what is measured is the work before that.
/// Lives as long as the process.
[[nodiscard]] file_system& unsynced_file_system();

}  // namespace marquee::micro
