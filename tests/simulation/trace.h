#pragma once

#include <string>

#include "raft/core/message.h"
#include "raft/core/node.h"

namespace marquee::raft::simulation {

/// One line for people: type, term and what else this type means something by.
[[nodiscard]] std::string describe(const message& m);
[[nodiscard]] std::string describe(const persist_request& request);
[[nodiscard]] const char* to_text(role value);

}  // namespace marquee::raft::simulation
