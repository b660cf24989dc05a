#pragma once

#include <cstdint>

namespace marquee::net {

/// Raises this process's limit of open files as far as it may without being root: every connection is one,
/// and many systems begin with 1,024. Gives the limit that holds from now on. Call once, at start.
std::int64_t raise_open_file_limit();

}  // namespace marquee::net
