#include "booking_app/front_end/audit_route.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "booking_app/front_end/read_barrier.h"
#include "booking_app/front_end/record_followers.h"
#include "net/api_error.h"
#include "net/json_body.h"

namespace marquee::booking {
namespace {

constexpr std::int64_t most_entries = 1'000;
constexpr std::int64_t patience_ms = 10'000;

history_query take_query(net::json_body& query) {
  history_query wanted;
  if (const auto show = query.optional_text("show")) wanted.keys.push_back(show_key(*show));
  if (const auto seat = query.optional_text("seat")) wanted.keys.push_back(seat_key(*seat));
  if (const auto client = query.optional_text("client")) wanted.keys.push_back(client_key(*client));
  wanted.from_offset = query.integer_or("from_offset", 0, 0, std::numeric_limits<std::int64_t>::max());
  wanted.most_entries = static_cast<std::size_t>(query.integer_or("limit", most_entries, 1, most_entries));
  return wanted;
}

std::string to_json(const history_page& page) {
  std::string out = R"({"entries":[)";
  for (const history_entry& entry : page.entries) {
    if (&entry != page.entries.data()) out.push_back(',');
    out.append(entry.text);
  }
  out.append("],\"more\":").append(page.more ? "true" : "false");
  return out.append(",\"next_offset\":").append(std::to_string(page.next_offset)).append("}");
}

net::task<net::http_response> answer_audit(front_end_context& context, std::shared_ptr<read_barrier> barrier,
                                           net::http_exchange& exchange) {
  const std::string component = context.options.component();
  net::json_body query = net::json_body::from_query(exchange.request);
  const freshness fresh = take_freshness(query);
  history_query wanted = take_query(query);
  if (const auto problem = query.finish()) co_return net::to_response(net::bad_request(component, *problem));
  if (auto stopped = co_await barrier->pass(exchange, fresh)) co_return std::move(*stopped);
  const auto page = co_await context.followers.past().read(
      std::move(wanted), net::deadline::in_ms(patience_ms), exchange.client_gone_token());
  if (!page)
    co_return net::to_response(net::unavailable(
        component, "HISTORY_UNAVAILABLE", page.error().message + "; another front end may have it", 5'000));
  co_return state_response(context.observed, to_json(*page));
}

}  // namespace

void add_audit_routes(net::http_router& router, front_end_context& context) {
  auto barrier = std::make_shared<read_barrier>(context);
  router.add("GET", "/v1/audit", [&context, barrier](net::http_exchange& exchange) {
    return answer_audit(context, barrier, exchange);
  });
}

}  // namespace marquee::booking
