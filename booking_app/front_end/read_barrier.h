#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "booking_app/front_end/front_end_context.h"
#include "booking_app/front_end/log_end.h"
#include "net/http_exchange.h"
#include "net/json_body.h"

namespace marquee::booking {

/// How new the state must be that is read.
struct freshness {
  std::optional<std::int64_t> min_offset{};
  bool linearizable = false;
};

/// Takes `min_offset` and `consistency` out of a query; what is wrong with them is the query's problem.
[[nodiscard]] freshness take_freshness(net::json_body& query);

/// Lets a read wait until this front end's voted state is new enough. On the front end's loop.
class read_barrier {
 public:
  static constexpr std::int64_t longest_wait_ms = 5'000;

  explicit read_barrier(front_end_context& context);

  /// Nothing when the state may be read, or the answer: 504 TIMEOUT if `min_offset`, or where the log ended,
  /// is not applied within 5 s; 503 NO_QUORUM if the log's leader cannot be asked; 503 NO_MAJORITY if this
  /// front end has found its own state wrong; 503 STARTING until it has caught up with the log after its
  /// start.
  [[nodiscard]] net::task<std::optional<net::http_response>> pass(net::http_exchange& exchange,
                                                                  freshness wanted);

 private:
  [[nodiscard]] net::http_response timed_out(std::int64_t offset) const;

  front_end_context& context_;
  std::shared_ptr<log_end> end_of_log_;
};

/// 200 with `status`, `offset` and the fields of `object` (JSON), X-Offset and X-State-Age-Ms.
[[nodiscard]] net::http_response state_response(const observer& of, std::string_view object);
/// X-Offset and X-State-Age-Ms.
void add_state_headers(const observer& of, net::http_response& response);

}  // namespace marquee::booking
