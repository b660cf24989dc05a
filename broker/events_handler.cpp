#include "broker/events_handler.h"

#include <charconv>
#include <limits>
#include <memory>
#include <utility>

#include "net/api_error.h"
#include "net/http_body_source.h"
#include "net/json_body.h"

namespace marquee::broker {

namespace {

constexpr std::int64_t keep_alive_ms = 15'000;
constexpr std::size_t events_of_a_piece = 64;
constexpr std::int64_t largest_partition = 1 << 20;

std::string describe_gap(const event_log::page& page) {
  return "event: gap\ndata: {\"event\":\"gap\",\"missed\":" + std::to_string(page.missed) + "}\n\n";
}

class event_source final : public net::http_body_source {
 public:
  event_source(event_log& events, event_filter filter, std::uint64_t position, std::shared_ptr<void> place)
      : events_(events), filter_(std::move(filter)), position_(position), place_(std::move(place)) {}

  net::task<std::optional<std::string>> next(std::stop_token ended) override {
    // The first piece goes out at once, so that the client knows that it is connected.
    std::string piece = std::exchange(greeting_, {});
    for (;;) {
      const std::uint64_t seen = events_.changed().generation();
      const event_log::page page = events_.after(position_, filter_, events_of_a_piece);
      position_ = page.position;
      if (page.missed > 0) piece += describe_gap(page);
      for (const told_event& each : page.events)
        piece += "id: " + std::to_string(each.id) + "\nevent: " + each.name + "\ndata: " + each.json + "\n\n";
      if (!piece.empty()) co_return piece;
      switch (co_await events_.changed().wait(seen, net::deadline::in_ms(keep_alive_ms), ended)) {
        case net::wake_reason::woken:
          break;
        case net::wake_reason::deadline_passed:
          co_return ": keep-alive\n\n";
        case net::wake_reason::cancelled:
          co_return std::nullopt;
      }
    }
  }

 private:
  event_log& events_;
  const event_filter filter_;
  std::uint64_t position_;
  const std::shared_ptr<void> place_;
  std::string greeting_ = "retry: 1000\n\n";
};

/// Where to go on; nothing if `text` is no number.
std::optional<std::uint64_t> read_position(std::string_view text) {
  std::uint64_t position = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return position;
}

net::task<net::http_response> open_stream(const std::string& component, event_log& events,
                                          const net::http_request& request) {
  net::json_body query = net::json_body::from_query(request);
  event_filter filter;
  filter.topic = query.optional_text("topic").value_or("");
  if (const auto partition = query.optional_integer("partition", 0, largest_partition))
    filter.partition = static_cast<std::int32_t>(*partition);
  const std::optional<std::string> asked = query.optional_text("last_event_id");
  if (const auto problem = query.finish()) co_return net::to_response(net::bad_request(component, *problem));
  std::uint64_t position = events.newest();
  // A browser that reconnects sends the header with the address that it was given at first.
  const std::string* header = request.headers.find("Last-Event-ID");
  if (header != nullptr || asked) {
    const auto given = read_position(header != nullptr ? *header : *asked);
    if (!given)
      co_return net::to_response(
          net::bad_request(component, "the last event id is no number", "/last_event_id"));
    position = *given;
  }
  std::shared_ptr<void> place = events.subscribe();
  if (!place)
    co_return net::to_response(net::unavailable(component, "TOO_MANY_SUBSCRIBERS",
                                                "as many clients follow the events of this broker as may"));
  net::http_response response = net::text_response("", 200, "text/event-stream; charset=utf-8");
  response.headers.set("Cache-Control", "no-store");
  response.source = std::make_shared<event_source>(events, std::move(filter), position, std::move(place));
  co_return response;
}

}  // namespace

void add_events_route(net::http_router& router, const std::string& component, event_log& events) {
  router.add("GET", "/events", [component, &events](net::http_exchange& exchange) {
    return open_stream(component, events, exchange.request);
  });
}

}  // namespace marquee::broker
