#pragma once

#include <memory>
#include <string>

#include "booking_app/front_end/event_publisher.h"
#include "booking_app/front_end/front_end_context.h"

namespace marquee::booking {

/// What this front end tells third parties: events on `booking.event`, dead letters on `booking.dlq`. Both go
/// out under producer ids that all front ends share: the first pair that was announced on `booking.admin`
/// counts. Where none is, this front end registers one and announces it; if two do so at once, the one that
/// comes second in the log is never used. Made and destroyed while the context is there; made on its loop,
/// destroyed when the loop has ended or on it.
class publishing {
 public:
  explicit publishing(front_end_context& context);
  ~publishing();
  publishing(const publishing&) = delete;
  publishing& operator=(const publishing&) = delete;

 private:
  struct state;
  static net::task<> begin(std::weak_ptr<state> own);

  std::shared_ptr<state> state_;
};

}  // namespace marquee::booking
