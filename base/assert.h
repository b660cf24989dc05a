#pragma once

namespace marquee {

/// Prints what was violated and where, flushes the log and aborts. Never returns.
[[noreturn]] void assertion_failed(const char* condition, const char* message, const char* file, int line);

}  // namespace marquee

/// For what cannot happen. Stays on in release builds: going on with a broken invariant can lose data.
#define MARQUEE_ASSERT(condition, message)                                  \
  do {                                                                      \
    if (!(condition)) [[unlikely]]                                          \
      ::marquee::assertion_failed(#condition, message, __FILE__, __LINE__); \
  } while (false)
