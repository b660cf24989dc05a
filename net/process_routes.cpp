#include "net/process_routes.h"

#include "net/api_error.h"

namespace marquee::net {

void add_process_routes(http_router& router, std::string component, const metrics_registry& metrics,
                        ready_check ready) {
  const std::string success = R"({"status":"success","component":)" + json_quote(component) + "}";
  router.add("GET", "/health",
             [success](http_exchange&) -> task<http_response> { co_return json_response(success); });
  router.add("GET", "/ready",
             [success, component = std::move(component),
              ready = std::move(ready)](http_exchange&) -> task<http_response> {
               const result<> can_serve = ready ? ready() : result<>{};
               if (can_serve) co_return json_response(success);
               co_return to_response(unavailable(component, "NOT_READY", can_serve.error().message));
             });
  router.add("GET", "/metrics", [&metrics](http_exchange&) -> task<http_response> {
    co_return text_response(metrics.text(), 200, "text/plain; version=0.0.4; charset=utf-8");
  });
}

}  // namespace marquee::net
