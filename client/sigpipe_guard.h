#pragma once

#include <csignal>

namespace marquee::client {

/// While it lives, the calling thread gets no SIGPIPE for a write to a connection that the other end has
/// reset: cpp-httplib does not ask for that, and a library must not end the program it is part of, nor change
/// how the whole program treats the signal. Belongs to the thread that made it.
class sigpipe_guard {
 public:
  sigpipe_guard();
  ~sigpipe_guard();
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace marquee::client
