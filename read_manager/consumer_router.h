#pragma once

#include <string>
#include <unordered_map>
#include <variant>

#include "net/deadline.h"
#include "net/http_exchange.h"
#include "net/wake_point.h"
#include "read_manager/consumer_table.h"
#include "read_manager/ownership.h"
#include "read_manager/position_client.h"
#include "read_manager/request_forwarder.h"

namespace marquee {
class metric_counter;
}

namespace marquee::read_manager {

/// Where a request for a consumer ends up: at a consumer owned here, or with an answer (the owner's, or an
/// error).
using routed = std::variant<consumer_pointer, net::http_response>;

/// Brings every request to the manager that owns its consumer, and makes this one the owner where the old one
/// is gone (DESIGN D12). Any manager answers any request. Belongs to the manager's loop.
class consumer_router {
 public:
  struct counters {
    metric_counter& forwarded;
    metric_counter& claimed;
    metric_counter& taken_over;
  };

  consumer_router(std::string component, consumer_table& table, position_client& positions,
                  request_forwarder& forwarder, counters count)
      : component_(std::move(component)),
        table_(table),
        positions_(positions),
        forwarder_(forwarder),
        count_(count) {}

  [[nodiscard]] net::task<routed> route(net::http_exchange& exchange, consumer_reference who,
                                        net::deadline end);
  /// False if another manager has claimed the consumer. Looks again when the last look is old, and whenever
  /// this process has stood still since: others take over what does not answer within a second.
  [[nodiscard]] net::task<bool> still_owned(consumer_pointer consumer, net::deadline end);
  /// Makes this manager the owner, because the one in the record does not answer. False if it could not.
  [[nodiscard]] net::task<bool> take_over(consumer_reference who, consumer_record record, net::deadline end);
  /// For another manager to claim at once: this one stops.
  void let_go(const consumer_pointer& consumer);
  /// To be called every `turn_every_ms`: shows that the process runs.
  void note_turn();
  static constexpr std::int64_t turn_every_ms = 100;

 private:
  /// How long an ownership that was seen is believed without looking again.
  static constexpr std::int64_t verify_after_us = 2'000'000;
  /// Less than request_forwarder::confirm_timeout_ms, and than what load balancers wait before they call a
  /// manager silent.
  static constexpr std::int64_t standstill_us = 500'000;
  static constexpr int most_rounds = 5;

  struct step_outcome {
    consumer_pointer owned;
    std::string forward_to;
    std::optional<net::http_response> answer;
  };
  /// The owned consumer if it is here and still ours.
  [[nodiscard]] net::task<consumer_pointer> find_verified(std::string id, net::deadline end);
  [[nodiscard]] net::task<step_outcome> look_up(consumer_reference who, arrival how, std::string gone_owner,
                                                net::deadline end);
  [[nodiscard]] net::task<step_outcome> claim(consumer_reference who, consumer_record record,
                                              net::deadline end);
  [[nodiscard]] net::http_response unavailable(const error& cause) const;

  std::string component_;
  consumer_table& table_;
  position_client& positions_;
  request_forwarder& forwarder_;
  counters count_;
  std::int64_t last_turn_us_ = 0;
  std::int64_t stood_still_until_us_ = 0;
  /// Consumers that are being looked up: one at a time, or two requests would both claim.
  std::unordered_map<std::string, net::wake_point> opening_;
};

}  // namespace marquee::read_manager
