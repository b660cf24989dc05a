#pragma once

#include <memory>

#include "base/result.h"
#include "load_balancer/load_balancer_options.h"

namespace marquee::load_balancer {

/// A load balancer that runs: routes requests until `stop`. Made and stopped on any thread but its own.
class load_balancer_process {
 public:
  /// Errors: as process_host and listener::listen; invalid_argument for the list of managers.
  [[nodiscard]] static result<std::unique_ptr<load_balancer_process>> start(
      const load_balancer_options& options);
  ~load_balancer_process();
  load_balancer_process(const load_balancer_process&) = delete;
  load_balancer_process& operator=(const load_balancer_process&) = delete;

  [[nodiscard]] std::uint16_t http_port() const;
  /// Requests in flight finish, then everything ends. May be called twice.
  void stop();

 private:
  struct state;
  explicit load_balancer_process(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

/// Runs until SIGTERM or SIGINT. The exit code of the process: 0 after a graceful stop, 1 if it could not
/// start.
[[nodiscard]] int run_load_balancer(const load_balancer_options& options);

}  // namespace marquee::load_balancer
