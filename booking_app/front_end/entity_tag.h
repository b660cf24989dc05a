#pragma once

#include <string_view>

#include "net/http_message.h"

namespace marquee::booking {

/// Whether If-None-Match names this tag (with its quotes), by the weak comparison that RFC 9110
/// section 13.1.2 asks for, or is `*`.
[[nodiscard]] bool names_tag(const net::http_request& request, std::string_view tag);

}  // namespace marquee::booking
