#pragma once

#include <memory>

#include "base/result.h"
#include "booking_app/front_end/front_end_options.h"

namespace marquee::booking {

/// One front end: HTTP for clients, commands to the log, answers by majority, reads of the voted state. Made,
/// started and stopped on the main thread. It starts whether the cluster is there or not, and waits for it:
/// /ready says for what. If it finds its own state wrong, or the log is not the one it knew, the process ends
/// at once with an error: nothing wrong is told to anybody.
class front_end {
 public:
  /// Errors: invalid_argument (number, replicas), refused (another process has the data folder; listener),
  /// io.
  [[nodiscard]] static result<std::unique_ptr<front_end>> make(const front_end_options& options);
  ~front_end();
  front_end(const front_end&) = delete;
  front_end& operator=(const front_end&) = delete;

  [[nodiscard]] result<> start();
  /// Requests in flight finish, long polls are answered. May be called twice.
  void stop();

 private:
  struct state;
  explicit front_end(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

}  // namespace marquee::booking
