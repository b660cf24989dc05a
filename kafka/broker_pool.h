#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kafka/client_connection.h"
#include "net/wake_point.h"

namespace marquee::kafka {

/// A question that is under way; whoever has the same one waits for its answer.
struct shared_question {
  net::wake_point done;
  std::optional<result<>> answer;
};

/// A pipelined connection that everybody uses, or the attempt to make it.
struct shared_connection_slot {
  std::shared_ptr<client_connection> open;
  std::shared_ptr<shared_question> connecting;

  void close() {
    if (open) open->close();
    open.reset();
  }
};

/// The connections to one broker.
struct broker_pool {
  shared_connection_slot data;
  shared_connection_slot control;
  std::vector<std::shared_ptr<client_connection>> idle;
  std::set<std::shared_ptr<client_connection>> in_use;
  std::size_t opening = 0;
  std::shared_ptr<client_connection> probe;
  bool probing = false;
  bool silent = false;

  [[nodiscard]] std::size_t exclusive() const { return in_use.size() + opening; }
  [[nodiscard]] bool owes_answers() const {
    const auto owes = [](const auto& each) { return each && each->in_flight() > 0; };
    return owes(data.open) || owes(control.open) || std::ranges::any_of(in_use, owes);
  }
  /// When anything came from the broker; at the earliest `earliest`.
  [[nodiscard]] std::chrono::steady_clock::time_point heard(
      std::chrono::steady_clock::time_point earliest) const {
    auto last = earliest;
    const auto look_at = [&](const auto& each) {
      if (each) last = std::max(last, each->heard());
    };
    look_at(data.open);
    look_at(control.open);
    std::ranges::for_each(in_use, look_at);
    return last;
  }
  void close() {
    data.close();
    control.close();
    for (const auto& connection : std::exchange(idle, {})) connection->close();
    const auto open = in_use;
    for (const auto& connection : open) connection->close();
  }
};

}  // namespace marquee::kafka
