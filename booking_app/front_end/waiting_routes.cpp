#include "booking_app/front_end/command_route.h"
#include "booking_app/front_end/routes.h"

namespace marquee::booking {

void add_waiting_routes(net::http_router& router, front_end_context& context) {
  add_command_routes(router, context,
                     {{.method = "POST",
                       .pattern = "/v1/shows/{id}/waitlist",
                       .type = "waitlist.join",
                       .path = {{"id", "show_id"}}},
                      {.method = "DELETE",
                       .pattern = "/v1/shows/{id}/waitlist",
                       .type = "waitlist.leave",
                       .path = {{"id", "show_id"}}},
                      {.method = "POST",
                       .pattern = "/v1/shows/{id}/queue",
                       .type = "queue.join",
                       .path = {{"id", "show_id"}}}});
}

}  // namespace marquee::booking
