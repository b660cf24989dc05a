#pragma once

#include <string>
#include <string_view>

#include "booking_app/front_end/submission.h"

namespace marquee::booking {

/// The record of a command as it is put on `booking.cmd` (booking.md section 2): JSON with sorted fields,
/// without those that are absent. Equal drafts give equal text but for `reply_to`.
[[nodiscard]] std::string record_text(const command_draft& command, std::string_view reply_to);

}  // namespace marquee::booking
