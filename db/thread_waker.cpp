#include "db/thread_waker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "base/assert.h"

namespace marquee::db {

thread_waker::thread_waker() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  MARQUEE_ASSERT(event_ >= 0, "out of file descriptors at start");
}

thread_waker::~thread_waker() {
  ::close(event_);
}

void thread_waker::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(::write(event_, &one, sizeof one));
}

thread_waker::woken_by thread_waker::wait(int socket, std::int64_t timeout_ms) const {
  // poll skips descriptors below zero.
  std::array<pollfd, 2> watched{pollfd{event_, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  static_cast<void>(::poll(watched.data(), watched.size(),
                           static_cast<int>(std::clamp<std::int64_t>(timeout_ms, 0, INT_MAX))));
  if ((watched[0].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    static_cast<void>(::read(event_, &count, sizeof count));
    return woken_by::call;
  }
  return watched[1].revents != 0 ? woken_by::data : woken_by::time;
}

}  // namespace marquee::db
