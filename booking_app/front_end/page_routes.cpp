#include "booking_app/front_end/page_routes.h"

#include <array>
#include <string>
#include <utility>

#include "booking_app/front_end/entity_tag.h"
#include "booking_app/machine/digest.h"

namespace marquee::booking {
namespace {

constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

std::string_view content_type_of(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> types{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".webmanifest", "application/manifest+json"},
  }};
  for (const auto& [ending, type] : types)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

void add_file(net::http_router& router, const std::string& pattern, const page_file& file) {
  const std::string tag = '"' + to_text(hash_of(file.content)) + '"';
  router.add(
      "GET", pattern,
      [file, tag](net::http_exchange& exchange) -> net::task<net::http_response> {
        net::http_response response = net::text_response("", 200, std::string(content_type_of(file.path)));
        if (names_tag(exchange.request, tag))
          response.status = 304;
        else
          response.body = file.content;
        response.headers.set("ETag", tag);
        response.headers.set("Cache-Control", "no-cache");
        response.headers.set("Content-Security-Policy", std::string(content_policy));
        response.headers.set("X-Content-Type-Options", "nosniff");
        response.headers.set("Referrer-Policy", "no-referrer");
        co_return response;
      },
      net::query_use::read);
}

}  // namespace

void add_page_routes(net::http_router& router) {
  for (const page_file& file : page_files()) {
    add_file(router, "/" + std::string(file.path), file);
    if (file.path == "index.html") add_file(router, "/", file);
  }
}

}  // namespace marquee::booking
