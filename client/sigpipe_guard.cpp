#include "client/sigpipe_guard.h"

#include <cerrno>
#include <ctime>

namespace marquee::client {

sigpipe_guard::sigpipe_guard() {
  sigset_t pending;
  sigpending(&pending);
  was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  sigemptyset(&pipe_);
  sigaddset(&pipe_, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
}

sigpipe_guard::~sigpipe_guard() {
  // One that was pending before is somebody else's and stays.
  if (!was_pending_) {
    const timespec at_once{};
    while (sigtimedwait(&pipe_, nullptr, &at_once) == -1 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace marquee::client
