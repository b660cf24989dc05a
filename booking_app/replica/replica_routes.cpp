#include "booking_app/replica/replica_routes.h"

#include <algorithm>
#include <limits>

#include "base/logging.h"
#include "booking_app/machine/json_writer.h"
#include "net/api_error.h"
#include "net/deadline.h"
#include "net/json_body.h"

namespace marquee::booking {

namespace {

constexpr std::int64_t greatest_wait_ms = 10'000;
constexpr std::int64_t digest_wait_ms = 2'000;
constexpr std::int64_t greatest_offset = (std::int64_t{1} << 53) - 1;

/// Ends when `offset` is applied, at the deadline, or when nobody waits any more.
net::task<> wait_until_applied(replica_context& all, net::http_exchange& exchange, std::int64_t offset,
                               net::deadline end) {
  while (true) {
    const std::uint64_t seen = all.applied.generation();
    if (all.machine.now().offset >= offset || end.passed() || exchange.stopping() || exchange.client_gone())
      co_return;
    (void)co_await all.applied.wait(seen, end, exchange.client_gone_token());
  }
}

net::http_response problem(const replica_context& all, int status, const char* code, std::string message) {
  return net::to_response({.status = status,
                           .code = code,
                           .message = std::move(message),
                           .component = all.options.process.component()});
}

net::task<net::http_response> handle_status(replica_context& all, net::http_exchange& exchange) {
  net::json_body query = net::json_body::from_query(exchange.request);
  const auto asked = query.optional_integer("offset", -1, greatest_offset);
  const std::int64_t wait_ms = query.integer_or("wait_ms", 0, 0, greatest_wait_ms);
  if (auto wrong = query.finish())
    co_return to_response(net::bad_request(all.options.process.component(), *wrong));
  if (asked) co_await wait_until_applied(all, exchange, *asked, net::deadline::in_ms(wait_ms));
  const follower::status now = all.machine.now();
  // The state may differ from what it was right after `offset`: fault injection changes it without a record.
  const std::int64_t digest_offset = asked.value_or(now.offset);
  const auto digest = all.machine.digest_at(digest_offset);
  json_writer out;
  out.open_object();
  if (digest)
    out.field("digest", to_text(*digest));
  else
    out.raw_field("digest", "null");
  out.field("digest_offset", digest_offset).field("incarnation", all.options.incarnation);
  out.field("offset", now.offset).field("replica", all.options.id);
  out.field("state", now.broken ? "BROKEN" : "OK").field("status", "success").field("time_ms", now.time_ms);
  out.close_object();
  co_return net::json_response(out.take());
}

net::task<net::http_response> handle_digest(replica_context& all, net::http_exchange& exchange) {
  net::json_body query = net::json_body::from_query(exchange.request);
  const std::int64_t offset = query.integer("offset", 0, greatest_offset);
  if (auto wrong = query.finish())
    co_return to_response(net::bad_request(all.options.process.component(), *wrong));
  co_await wait_until_applied(all, exchange, offset, net::deadline::in_ms(digest_wait_ms));
  const auto digest = all.machine.digest_at(offset);
  if (!digest && all.machine.now().offset < offset)
    co_return problem(all, 504, "TIMEOUT", "offset " + std::to_string(offset) + " is not applied here yet");
  if (!digest)
    co_return problem(all, 410, "GONE",
                      "the digest at offset " + std::to_string(offset) + " is not kept any more");
  json_writer out;
  out.open_object().field("digest", to_text(*digest)).field("offset", offset);
  out.field("replica", all.options.id).field("status", "success").close_object();
  co_return net::json_response(out.take());
}

net::task<net::http_response> handle_snapshot(replica_context& all, net::http_exchange& exchange) {
  net::json_body body = net::json_body::parse(exchange.request.body);
  if (auto wrong = body.finish())
    co_return to_response(net::bad_request(all.options.process.component(), *wrong));
  if (all.machine.now().broken)
    co_return problem(all, 409, "BROKEN", "this replica is broken and keeps no more snapshots");
  all.take_snapshot();
  json_writer out;
  out.open_object().field("offset", all.machine.now().offset).field("replica", all.options.id);
  out.field("status", "success").close_object();
  co_return net::json_response(out.take(), 202);
}

#ifdef MARQUEE_FAULT_INJECTION
/// False if there is nothing to corrupt.
bool switch_on(replica_context& all, fault_mode mode, std::int64_t count) {
  switch (mode) {
    case fault_mode::wrong_reply:
      all.faults.make_wrong(count);
      return true;
    case fault_mode::slow:
      all.faults.make_slow(count);
      return true;
    case fault_mode::crash:
      all.faults.make_crash();
      return true;
    case fault_mode::corrupt_state:
      return all.machine.corrupt_one_seat();
  }
  return false;
}

net::task<net::http_response> handle_fault(replica_context& all, net::http_exchange& exchange) {
  net::json_body body = net::json_body::parse(exchange.request.body);
  const std::string name = body.text("mode");
  const std::int64_t count = body.integer_or("count", 1, 0, std::numeric_limits<std::int32_t>::max());
  const auto mode = fault_mode_of(name);
  if (!mode) body.refuse("mode", "is none of wrong_reply, corrupt_state, slow, crash");
  if (auto wrong = body.finish())
    co_return to_response(net::bad_request(all.options.process.component(), *wrong));
  log_warning("booking.replica", "fault injection: {} for {} replies", name, count);
  if (!switch_on(all, *mode, count))
    co_return problem(all, 409, "NO_SEAT", "there is no seat that could be changed");
  co_return net::json_response(R"({"status":"success"})", 202);
}
#endif

}  // namespace

void add_replica_routes(net::http_router& router, replica_context& context) {
  router.add("GET", "/status",
             [&context](net::http_exchange& exchange) { return handle_status(context, exchange); });
  router.add("GET", "/digest",
             [&context](net::http_exchange& exchange) { return handle_digest(context, exchange); });
  router.add(
      "POST", "/snapshot",
      [&context](net::http_exchange& exchange) { return handle_snapshot(context, exchange); },
      net::query_use::none);
#ifdef MARQUEE_FAULT_INJECTION
  router.add(
      "POST", "/fault", [&context](net::http_exchange& exchange) { return handle_fault(context, exchange); },
      net::query_use::none);
#endif
}

}  // namespace marquee::booking
