#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "read_manager/read_manager_options.h"

namespace marquee::read_manager {

/// A whole read manager: its HTTP server, its connections to PostgreSQL, brokers and other managers, and the
/// consumers that it owns. All of it lives on one loop but PostgreSQL's threads. Start and stop from one
/// thread that is none of its own; several of them fit into a process.
class read_manager {
 public:
  /// Checks the configuration. Errors: those of net::process_host::make.
  [[nodiscard]] static result<std::unique_ptr<read_manager>> make(const read_manager_options& options);
  ~read_manager();
  read_manager(const read_manager&) = delete;
  read_manager& operator=(const read_manager&) = delete;

  /// Binds and begins to serve; PostgreSQL and brokers may come later. Errors: those of
  /// net::process_host::start.
  [[nodiscard]] result<> start();
  /// Graceful: long polls answer, requests in flight end. May be called twice.
  void stop();
  [[nodiscard]] std::uint16_t http_port() const;

 private:
  struct state;
  explicit read_manager(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

}  // namespace marquee::read_manager
