#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/lock.h"
#include "booking_app/machine/seat_id.h"

namespace marquee::booking {

/// Collects the events of one record as JSON objects with sorted fields.
class event_list {
 public:
  event_list() { out_.open_array(); }

  /// What happened to seats of a show. `holder_field` is `booking_id` or `hold_id`, or empty.
  void seats(std::string_view type, std::string_view show, std::int64_t version, std::string_view client,
             const std::vector<seat_id>& changed, std::string_view holder_field = {},
             std::string_view holder = {});
  void show(std::string_view type, std::string_view show, std::int64_t version);
  void session(std::string_view type, std::string_view client, std::int64_t session);
  void hold(std::string_view type, std::string_view client, std::string_view hold, std::string_view show);
  void lock(std::string_view type, std::string_view name, const lock_grant& grant);
  void lock_file(std::string_view lock, std::string_view target, std::int64_t bytes);
  void booking_cancelled(std::string_view client, std::string_view booking, std::string_view show,
                         std::int64_t refund_cents);
  void booking_moved(std::string_view client, std::string_view booking, std::string_view from,
                     std::string_view to, const std::vector<seat_id>& seats);
  void waiting_list(std::string_view type, std::string_view client, std::string_view show, std::int64_t n);
  void offered(std::string_view client, std::string_view hold, std::string_view show,
               std::int64_t expires_in_ms, const std::vector<seat_id>& seats);
  void admitted(std::string_view client, std::string_view show, std::string_view token);

  /// The list, closed. Call once.
  [[nodiscard]] std::string take() { return out_.close_array().take(); }

 private:
  json_writer out_;
};

/// `["1A","1B"]`
void write_seats(json_writer& out, const std::vector<seat_id>& seats);

}  // namespace marquee::booking
