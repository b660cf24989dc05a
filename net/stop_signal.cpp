#include "net/stop_signal.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace marquee::net {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

stop_signal::stop_signal() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void stop_signal::wait() {
  const sigset_t set = stop_signals();
  int received = 0;
  while (sigwait(&set, &received) != 0) {
  }
  // From here on a second signal does what it does by default, in this thread: somebody is out of patience.
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void stop_signal::request() {
  kill(getpid(), SIGTERM);
}

void wait_for_stop_signal() {
  stop_signal().wait();
}

}  // namespace marquee::net
