#include "booking_app/front_end/stream_route.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "booking_app/front_end/change_stream.h"
#include "booking_app/front_end/record_followers.h"
#include "booking_app/machine/identifier_rules.h"
#include "net/api_error.h"
#include "net/json_body.h"

namespace marquee::booking {
namespace {

constexpr std::size_t most_shows = 100;
/// Well below the listener's connections, so that streams never keep bookings out.
constexpr std::int64_t most_streams = 3'000;

/// The streams that are open; each holds a place.
struct open_streams {
  explicit open_streams(metrics_registry& metrics)
      : count(metrics.gauge("marquee_booking_front_end_streams",
                            "Clients that follow the live stream of this front end.")) {}
  metric_gauge& count;
};

std::shared_ptr<void> take_place(const std::shared_ptr<open_streams>& streams) {
  if (streams->count.value() >= most_streams) return nullptr;
  streams->count.add(1);
  return {streams.get(), [streams](void*) { streams->count.add(-1); }};
}

/// An offset; nothing if `text` is none.
std::optional<std::int64_t> read_offset(std::string_view text) {
  std::int64_t offset = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), offset);
  const bool whole = !text.empty() && failed == std::errc() && end == text.data() + text.size();
  return whole && offset >= -1 ? std::optional(offset) : std::nullopt;
}

/// `S1,S2`; nothing if one of them can be no show.
std::optional<show_selection> read_shows(std::string_view text) {
  show_selection shows;
  while (!text.empty()) {
    const std::string_view id = text.substr(0, text.find(','));
    if (!is_valid_show_id(id) || shows.size() == most_shows) return std::nullopt;
    shows.emplace_back(id);
    text.remove_prefix(std::min(text.size(), id.size() + 1));
  }
  std::ranges::sort(shows);
  return shows;
}

net::task<net::http_response> open_stream(front_end_context& context, std::shared_ptr<open_streams> streams,
                                          const net::http_request& request) {
  const std::string component = context.options.component();
  net::json_body query = net::json_body::from_query(request);
  const auto shows = read_shows(query.optional_text("shows").value_or(""));
  if (!shows) query.refuse("shows", "at most 100 show ids with commas between them");
  const std::optional<std::string> asked = query.optional_text("last_event_id");
  // A browser that reconnects sends the header with the address that it was given at first.
  const std::string* const header = request.headers.find("Last-Event-ID");
  change_stream_options options;
  if (header != nullptr || asked) {
    options.seen = read_offset(header != nullptr ? *header : *asked);
    if (!options.seen) query.refuse("last_event_id", "an offset, as the ids of the stream are");
  }
  if (const auto problem = query.finish()) co_return net::to_response(net::bad_request(component, *problem));
  options.shows = *shows;
  std::shared_ptr<void> place = take_place(streams);
  if (!place)
    co_return net::to_response(net::unavailable(
        component, "TOO_MANY_STREAMS", "as many clients follow this front end as may: use another", 5'000));
  net::http_response response = net::text_response("", 200, "text/event-stream");
  response.headers.set("Cache-Control", "no-store");
  response.source =
      std::make_shared<change_stream>(context.followers.live(), std::move(options), std::move(place));
  co_return response;
}

}  // namespace

void add_stream_routes(net::http_router& router, front_end_context& context) {
  auto streams = std::make_shared<open_streams>(context.metrics);
  router.add("GET", "/v1/stream", [&context, streams](net::http_exchange& exchange) {
    return open_stream(context, streams, exchange.request);
  });
}

}  // namespace marquee::booking
