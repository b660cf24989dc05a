#pragma once

#include <span>
#include <string_view>

#include "net/http_router.h"

namespace marquee::booking {

/// A file of `web/booking`, as it was when this program was built.
struct page_file {
  std::string_view path;  ///< below `web/booking`, such as "main.js"
  std::string_view content;
};
[[nodiscard]] std::span<const page_file> page_files();

/// The booking page: each file at its path, `index.html` at `/` too. Nothing in it comes from elsewhere or
/// runs inline, and the Content-Security-Policy says so. Browsers ask by ETag whether their copy is still
/// true.
void add_page_routes(net::http_router& router);

}  // namespace marquee::booking
