#include "booking_app/front_end/command_route.h"
#include "booking_app/front_end/routes.h"

namespace marquee::booking {

void add_show_admin_routes(net::http_router& router, front_end_context& context) {
  add_command_routes(
      router, context,
      {{.method = "POST", .pattern = "/v1/shows", .type = "show.add"},
       {.method = "PATCH", .pattern = "/v1/shows/{id}", .type = "show.update", .path = {{"id", "show_id"}}},
       {.method = "DELETE",
        .pattern = "/v1/shows/{id}",
        .type = "show.remove",
        .path = {{"id", "show_id"}},
        .query_text = "on_booked"},
       {.method = "POST",
        .pattern = "/v1/shows/{id}/block",
        .type = "seat.block",
        .path = {{"id", "show_id"}}},
       {.method = "POST",
        .pattern = "/v1/shows/{id}/unblock",
        .type = "seat.unblock",
        .path = {{"id", "show_id"}}},
       {.method = "PUT",
        .pattern = "/v1/admin/config/{key}",
        .type = "config.set",
        .path = {{"key", "key"}}}});
}

}  // namespace marquee::booking
