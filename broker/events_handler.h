#pragma once

#include <string>

#include "broker/event_log.h"
#include "net/http_router.h"

namespace marquee::broker {

/// GET /events?topic=&partition=: what happens to this broker's replicas, as server-sent events, open to
/// whoever may see /metrics. Each has an id; a client that comes back says the last one (header
/// `Last-Event-ID`, or `last_event_id` in the query) and gets what it missed, or `event: gap` with how many
/// are gone. Without it the stream begins with what happens from now on; with `last_event_id=0`, with
/// everything that is kept. A comment every 15 s shows that the connection lives. 503 TOO_MANY_SUBSCRIBERS.
void add_events_route(net::http_router& router, const std::string& component, event_log& events);

}  // namespace marquee::broker
