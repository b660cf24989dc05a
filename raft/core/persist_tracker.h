#pragma once

#include <cstdint>
#include <deque>

#include "base/types.h"

namespace marquee::raft {

/// Knows which of the persist requests handed out are durable, and up to which index the log is.
///
/// A request that is still under way when its entries are truncated must not make their successors at the
/// same indexes look durable (raft-pitfalls 34): truncating lowers what every open request stands for.
class persist_tracker {
 public:
  explicit persist_tracker(log_index durable) : durable_(durable) {}

  /// Of the next request.
  [[nodiscard]] std::uint64_t next_id() const { return last_id_ + 1; }
  /// The request with `next_id()` left; once it is durable, the log is up to `last_index`.
  void handed_out(log_index last_index);
  void persisted(std::uint64_t id);
  void truncated_from(log_index index);

  [[nodiscard]] bool is_durable(std::uint64_t id) const { return id <= persisted_id_; }
  [[nodiscard]] bool all_durable() const { return open_.empty(); }
  [[nodiscard]] log_index durable_index() const { return durable_; }

 private:
  struct open_request {
    std::uint64_t id;
    log_index last_index;
  };
  std::uint64_t last_id_ = 0;
  std::uint64_t persisted_id_ = 0;
  log_index durable_;
  std::deque<open_request> open_;
};

}  // namespace marquee::raft
