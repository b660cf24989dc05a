#include "booking_app/front_end/publishing.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/logging.h"
#include "booking_app/log/booking_topics.h"
#include "net/endpoint.h"
#include "net/event_loop.h"

namespace marquee::booking {
namespace {

using json = nlohmann::json;

constexpr std::int64_t look_ms = 100;
/// How long others' announcements are waited for: the topic is read from its beginning meanwhile.
constexpr std::int64_t patience_ms = 2'000;
/// The first front end writes at once; the n-th writes what those before it have not written after n-1 times
/// this.
constexpr std::int64_t hold_back_ms = 2'000;

marquee::client::client_options cluster_of(const front_end_options& options) {
  marquee::client::client_options cluster;
  cluster.load_balancers.clear();
  for (const std::string& each : options.load_balancers) cluster.load_balancers.push_back("http://" + each);
  return cluster;
}

event_publisher::options plan(const front_end_context& context, history_kind kind, std::string topic) {
  event_publisher::options wanted;
  wanted.cluster = cluster_of(context.options);
  wanted.kind = kind;
  wanted.topic = std::move(topic);
  wanted.hold_back_ms = (context.options.number - 1) * hold_back_ms;
  return wanted;
}

/// A producer id for the topic; empty if none could be had.
net::task<std::string> register_producer(front_end_context& context, std::string topic) {
  for (const std::string& each : context.options.load_balancers) {
    const auto where = net::parse_endpoint(each);
    if (!where) continue;
    net::http_request request;
    request.method = "POST";
    request.target = "/producer/register";
    request.headers.add("Content-Type", "application/json");
    request.body = json{{"topic", topic}}.dump();
    const net::http_outcome outcome = co_await context.client.send(*where, std::move(request));
    if (!outcome.response || outcome.response->status != 201) continue;
    const json answer = json::parse(outcome.response->body, nullptr, false);
    const json id = answer.is_object() ? answer.value("producer_id", json()) : json();
    if (id.is_string()) co_return id.get<std::string>();
  }
  co_return std::string();
}

}  // namespace

struct publishing::state {
  explicit state(front_end_context& of)
      : context(of),
        events(plan(of, history_kind::events, topics().events()), of.followers.past(), of.metrics),
        dead_letters(plan(of, history_kind::dead_letter, topics().dead_letters()), of.followers.past(),
                     of.metrics) {}
  [[nodiscard]] booking_topics topics() const { return {context.options.topic_prefix}; }

  front_end_context& context;
  event_publisher events;
  event_publisher dead_letters;
};

publishing::publishing(front_end_context& context) : state_(std::make_shared<state>(context)) {
  context.loop.spawn([own = std::weak_ptr<state>(state_)] { return begin(own); });
}

publishing::~publishing() = default;

net::task<> publishing::begin(std::weak_ptr<state> own) {
  for (std::int64_t waited_ms = 0;; waited_ms += look_ms) {
    {
      const std::shared_ptr<state> held = own.lock();
      if (!held) co_return;
      if (const auto& shared = held->context.ledger.producers()) {
        held->events.start(shared->events);
        held->dead_letters.start(shared->dead_letters);
        co_return;
      }
      if (waited_ms > 0 && waited_ms % patience_ms == 0) {
        front_end_context& context = held->context;
        shared_producers mine;
        mine.events = co_await register_producer(context, held->topics().events());
        mine.dead_letters = co_await register_producer(context, held->topics().dead_letters());
        mine.by = context.options.component();
        if (!mine.events.empty() && !mine.dead_letters.empty() && !context.ledger.producers())
          context.note(mine);
      }
    }
    co_await net::sleep_ms(look_ms);
  }
}

}  // namespace marquee::booking
