#include "booking_app/front_end/command_route.h"
#include "booking_app/front_end/routes.h"

namespace marquee::booking {

void add_booking_routes(net::http_router& router, front_end_context& context) {
  add_command_routes(router, context,
                     {{.method = "POST", .pattern = "/v1/reserve", .type = "multi.reserve"},
                      {.method = "DELETE",
                       .pattern = "/v1/bookings/{id}",
                       .type = "booking.cancel",
                       .path = {{"id", "booking_id"}},
                       .takes_seats = true},
                      {.method = "POST",
                       .pattern = "/v1/bookings/{id}/exchange",
                       .type = "booking.exchange",
                       .path = {{"id", "booking_id"}}}});
}

}  // namespace marquee::booking
