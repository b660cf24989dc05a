#pragma once

#include <memory>

#include "base/result.h"
#include "booking_app/supervisor/supervisor_options.h"

namespace marquee::booking {

/// A supervisor that runs: puts a new replica process in the place of each one that the ledger retires. The
/// replicas that it started go on when it ends; the next supervisor takes them over. Made and stopped on any
/// thread but its own.
class supervisor_process {
 public:
  /// Errors: as process_host; invalid_argument and not_found for the replicas' configuration.
  [[nodiscard]] static result<std::unique_ptr<supervisor_process>> start(const supervisor_options& options);
  ~supervisor_process();
  supervisor_process(const supervisor_process&) = delete;
  supervisor_process& operator=(const supervisor_process&) = delete;

  /// May be called twice.
  void stop();

 private:
  struct state;
  explicit supervisor_process(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

/// Runs until SIGTERM or SIGINT. The exit code of the process: 0 after a graceful stop, 1 if it could not
/// start.
[[nodiscard]] int run_booking_supervisor(const supervisor_options& options);

}  // namespace marquee::booking
