#pragma once

#include <string_view>

namespace marquee::load_balancer {

/// The HTTP API as an OpenAPI 3.1 document: `openapi.json` of this folder, as it was when this was built.
/// tests/system/openapi holds it against the routes and answers of running processes.
[[nodiscard]] std::string_view openapi_document();

}  // namespace marquee::load_balancer
