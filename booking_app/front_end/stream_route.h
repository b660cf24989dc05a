#pragma once

#include "booking_app/front_end/front_end_context.h"
#include "net/http_router.h"

namespace marquee::booking {

/// GET /v1/stream?shows=S1,S2: what changes, as server-sent events. With `shows` those of these shows;
/// without it all, locks and sessions too. Behind the Last-Event-ID (header, or `?last_event_id=`), else from
/// now on. Needs no client id: a browser's EventSource cannot send one.
void add_stream_routes(net::http_router& router, front_end_context& context);

}  // namespace marquee::booking
