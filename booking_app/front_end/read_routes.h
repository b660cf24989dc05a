#pragma once

#include "booking_app/front_end/front_end_context.h"
#include "net/http_router.h"

namespace marquee::booking {

/// Reads of the voted state: shows, seat maps, sessions, bookings, locks and lock files. All take
/// `?min_offset=` and `?consistency=` (read_barrier.h) and answer with X-Offset and X-State-Age-Ms.
///
/// A seat map has the strong ETag `"<show_version>"` and answers If-None-Match. The map also says which seats
/// are the asker's own. The version changes whenever a seat changes hands, and the body holds nothing else
/// that changes (the offset is in X-Offset alone): so for one asker equal versions are equal bytes, and
/// between askers they are not. Therefore maps are `Vary: X-Client-Id` and `private`: a cache keeps one map
/// per asker, and only a browser's own cache does.
void add_read_routes(net::http_router& router, front_end_context& context);

}  // namespace marquee::booking
