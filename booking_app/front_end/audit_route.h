#pragma once

#include "booking_app/front_end/front_end_context.h"
#include "net/http_router.h"

namespace marquee::booking {

/// GET /v1/audit?show=&seat=&client=&from_offset=&limit=: what was asked for and how it ended, refusals too,
/// replays not, in the order of the log; whatever is given must be true of an entry. At most `limit` entries
/// (1,000), a record never cut; `next_offset` is where the next page begins, and `more` says whether
/// something may be in it already. Takes `min_offset` and `consistency` as other reads do.
void add_audit_routes(net::http_router& router, front_end_context& context);

}  // namespace marquee::booking
