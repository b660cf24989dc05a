#include "cli/interruption.h"

#include <csignal>

namespace marquee::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;

void note_interruption(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void watch_for_interruption() {
  // Without SA_RESTART, so that a read from the terminal ends, too.
  struct sigaction action{};
  action.sa_handler = note_interruption;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool is_interrupted() {
  return interrupted != 0;
}

}  // namespace marquee::cli
