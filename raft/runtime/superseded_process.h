#pragma once

#include <string>

#include "base/result.h"
#include "base/types.h"

namespace marquee::raft {

/// Another process runs with this one's identity and this one has to stop (DESIGN D8): logs what happened and
/// what to do, and ends the process at once with status 71, for whatever it would still do is done twice.
/// From any thread.
[[noreturn]] void end_superseded_process(const replica_id& self, const std::string& data_dir,
                                         const error& why);

}  // namespace marquee::raft
