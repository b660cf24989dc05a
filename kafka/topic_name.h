#pragma once

#include <string_view>

namespace marquee::kafka {

/// 1 to 249 of `[a-zA-Z0-9._-]`, and neither "." nor "..". Anything else is answered INVALID_TOPIC_EXCEPTION.
[[nodiscard]] bool is_topic_name(std::string_view name);

}  // namespace marquee::kafka
