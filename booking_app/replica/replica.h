#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "booking_app/replica/replica_options.h"

namespace marquee::booking {

/// One replica: follows `booking.cmd` from its newest snapshot, votes on `booking.reply`, keeps snapshots,
/// answers over HTTP. It starts while the cluster is away and waits for it; /ready says for what. Threads:
/// the feed applies, the writer votes, the keeper writes snapshots, the loop serves.
class replica {
 public:
  /// Errors: invalid_argument (configuration), refused (another process works in the folder), io, no_space.
  [[nodiscard]] static result<std::unique_ptr<replica>> make(const replica_options& options);
  ~replica();
  replica(const replica&) = delete;
  replica& operator=(const replica&) = delete;

  [[nodiscard]] result<> start();
  /// Ends reading, takes a snapshot, lets requests in flight end.
  void stop();
  /// Whether the log did not go on where the state ends, so that the process asked to be stopped.
  [[nodiscard]] bool failed() const;

 private:
  struct state;
  explicit replica(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

}  // namespace marquee::booking
