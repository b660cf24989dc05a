#include "cli/interruptible_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cli/interruption.h"

namespace marquee::cli {

interruptible_input::int_type interruptible_input::underflow() {
  constexpr int slice_ms = 100;
  while (!is_interrupted()) {
    pollfd input{.fd = descriptor_, .events = POLLIN, .revents = 0};
    const int ready = poll(&input, 1, slice_ms);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = read(descriptor_, buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
    return traits_type::to_int_type(*gptr());
  }
  return traits_type::eof();
}

}  // namespace marquee::cli
