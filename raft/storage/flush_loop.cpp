#include "raft/storage/flush_loop.h"

namespace marquee::raft {

flush_loop::flush_loop(flush_queue& queue) : queue_(queue), thread_([this] { run(); }) {}

flush_loop::~flush_loop() {
  stop();
}

void flush_loop::run() {
  while (queue_.wait()) (void)queue_.step();
  // A failure was reported through on_fatal and to those who waited.
  (void)queue_.sync_all().has_value();
}

void flush_loop::stop() {
  queue_.stop_waiting();
  if (thread_.joinable()) thread_.join();
}

}  // namespace marquee::raft
