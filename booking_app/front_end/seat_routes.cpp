#include "booking_app/front_end/command_route.h"
#include "booking_app/front_end/routes.h"

namespace marquee::booking {

void add_seat_routes(net::http_router& router, front_end_context& context) {
  add_command_routes(
      router, context,
      {{.method = "POST",
        .pattern = "/v1/shows/{id}/reserve",
        .type = "seat.reserve",
        .path = {{"id", "show_id"}}},
       {.method = "POST",
        .pattern = "/v1/shows/{id}/cancel",
        .type = "seat.cancel",
        .path = {{"id", "show_id"}}},
       {.method = "POST",
        .pattern = "/v1/shows/{id}/holds",
        .type = "seat.hold",
        .path = {{"id", "show_id"}}},
       {.method = "PATCH", .pattern = "/v1/holds/{id}", .type = "hold.extend", .path = {{"id", "hold_id"}}},
       {.method = "DELETE",
        .pattern = "/v1/holds/{id}",
        .type = "hold.release",
        .path = {{"id", "hold_id"}},
        .takes_seats = true},
       {.method = "POST",
        .pattern = "/v1/holds/{id}/confirm",
        .type = "booking.confirm",
        .path = {{"id", "hold_id"}}}});
}

}  // namespace marquee::booking
