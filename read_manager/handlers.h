#pragma once

#include "net/http_exchange.h"
#include "net/http_router.h"
#include "read_manager/services.h"

/// One function per route of http-api.md, "Consumers". Each reads its request, asks `access_policy`, finds
/// the consumer, and answers; all of them run on the manager's loop.
namespace marquee::read_manager {

[[nodiscard]] net::task<net::http_response> handle_register(services& all, net::http_exchange& exchange);
[[nodiscard]] net::task<net::http_response> handle_consume(services& all, net::http_exchange& exchange);
[[nodiscard]] net::task<net::http_response> handle_commit(services& all, net::http_exchange& exchange);
[[nodiscard]] net::task<net::http_response> handle_seek(services& all, net::http_exchange& exchange);
[[nodiscard]] net::task<net::http_response> handle_status(services& all, net::http_exchange& exchange);
[[nodiscard]] net::task<net::http_response> handle_size(services& all, net::http_exchange& exchange);
[[nodiscard]] net::task<net::http_response> handle_delete(services& all, net::http_exchange& exchange);
/// From a load balancer or another manager: nobody gets the answer to an attempt to consume.
[[nodiscard]] net::task<net::http_response> handle_undelivered(services& all, net::http_exchange& exchange);
/// From another manager: the consumer was taken over or deleted.
[[nodiscard]] net::task<net::http_response> handle_release(services& all, net::http_exchange& exchange);
[[nodiscard]] net::task<net::http_response> handle_answer_now(services& all, net::http_exchange& exchange);
/// Who is a manager of this cluster, for load balancers.
[[nodiscard]] net::task<net::http_response> handle_managers(services& all, net::http_exchange& exchange);

void add_routes(net::http_router& router, services& all);

}  // namespace marquee::read_manager
