#pragma once

#include <memory>

#include "base/result.h"
#include "write_manager/write_manager_options.h"

namespace marquee::write_manager {

/// A whole write manager: its HTTP server, its connections to PostgreSQL and brokers, and, when it is
/// elected, the controller. Start and stop from one thread that is none of its own; several of them fit into
/// a process.
class write_manager {
 public:
  /// Checks the configuration. Errors: those of net::process_host::make.
  [[nodiscard]] static result<std::unique_ptr<write_manager>> make(const write_manager_options& options);
  ~write_manager();
  write_manager(const write_manager&) = delete;
  write_manager& operator=(const write_manager&) = delete;

  /// Binds and begins to serve; PostgreSQL may come later. Errors: those of net::process_host::start.
  [[nodiscard]] result<> start();
  /// Graceful: requests in flight end first. May be called twice.
  void stop();
  [[nodiscard]] std::uint16_t http_port() const;

 private:
  struct state;
  explicit write_manager(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

}  // namespace marquee::write_manager
