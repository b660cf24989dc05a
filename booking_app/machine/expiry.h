#pragma once

#include "booking_app/machine/step.h"

namespace marquee::booking {

/// Ends everything whose deadline the record's time has reached, kind by kind: sessions, lock waiters, locks
/// (and grants what became free), holds, offers, admissions; each by (deadline, id). Then forgets what is no
/// longer remembered.
void expire(step& now);

}  // namespace marquee::booking
