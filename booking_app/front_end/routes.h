#pragma once

#include "booking_app/front_end/front_end_context.h"
#include "net/http_router.h"

namespace marquee::booking {

class keep_alive_batch;
class session_events;

// Routes of booking.md section 5 that are commands, by subject. The context outlives the router.

void add_session_routes(net::http_router& router, front_end_context& context);
void add_keep_alive_route(net::http_router& router, front_end_context& context, keep_alive_batch& batch,
                          session_events& events);
void add_show_admin_routes(net::http_router& router, front_end_context& context);
void add_seat_routes(net::http_router& router, front_end_context& context);
void add_booking_routes(net::http_router& router, front_end_context& context);
void add_waiting_routes(net::http_router& router, front_end_context& context);
void add_lock_routes(net::http_router& router, front_end_context& context);
void add_admin_routes(net::http_router& router, front_end_context& context);

}  // namespace marquee::booking
