#pragma once

namespace marquee::net {

/// Turns SIGTERM and SIGINT into a graceful stop, and ignores SIGPIPE. Make one at the start of main, before
/// any other thread: threads inherit that the signals are blocked.
class stop_signal {
 public:
  stop_signal();
  /// Blocks until a signal comes or `request` is called. A second signal ends the process at once.
  void wait();
  /// As if a signal had come; from any thread.
  static void request();
};

/// `stop_signal().wait()`, for a process whose threads were started after another stop_signal was made, or by
/// it.
void wait_for_stop_signal();

}  // namespace marquee::net
