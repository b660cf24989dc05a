#include "kafka/leader_feed.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/logging.h"
#include "base/types.h"
#include "kafka/cluster_client.h"
#include "net/cluster_secret.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/json_body.h"

namespace marquee::kafka {

namespace {
constexpr std::size_t polls = 2;
}

struct leader_feed::state {
  net::event_loop& loop;
  net::http_client& http;
  const net::cluster_secret& secret;
  cluster_client& client;
  leader_feed_options options;
  std::vector<net::endpoint> brokers{};
  std::size_t next = 0;
  /// What each poll asks just now; nothing while it looks for a broker.
  std::array<std::optional<net::endpoint>, polls> asked{};
  std::array<bool, polls> answers{};
  std::stop_source stopping{};

  /// Applies an answer; the version to ask from next, or nothing if it is not an answer.
  std::optional<std::int64_t> apply(const std::string& text) {
    net::json_body body = net::json_body::parse(text);
    const std::int64_t version = body.integer("version", 0, INT64_MAX);
    for (net::json_body& item : body.objects("leaders", 1'000'000)) {
      const std::optional<uuid> topic = uuid::parse(item.text("topic_id"));
      const std::int64_t partition = item.integer("partition", 0, INT32_MAX);
      const std::int64_t term = item.integer("term", 0, INT64_MAX);
      std::optional<broker_id> leader;
      if (item.has("leader") && !item.is_null("leader"))
        if (const std::int64_t id = item.integer("leader", -1, INT32_MAX); id > 0)
          leader = broker_id(static_cast<std::int32_t>(id));
      if (body.failed() || !topic) return std::nullopt;
      client.note_leader({*topic, partition_id(static_cast<std::int32_t>(partition))}, term_number(term),
                         leader);
    }
    if (body.failed()) return std::nullopt;
    return version;
  }

  /// Polls one broker for as long as it answers.
  static net::task<void> follow(std::shared_ptr<state> self, net::endpoint broker, bool& answers) {
    std::int64_t since = 0;
    while (!self->stopping.stop_requested()) {
      net::http_request request;
      request.method = "GET";
      // The first question is answered at once, so that a broker that does not answer is left soon.
      const std::int64_t wait_ms = since == 0 ? 0 : self->options.poll_ms;
      request.target =
          "/internal/leaders?since=" + std::to_string(since) + "&wait_ms=" + std::to_string(wait_ms);
      self->secret.sign(request);
      net::http_outcome outcome = co_await self->http.send(broker, std::move(request),
                                                           {.timeout_ms = wait_ms + self->options.grace_ms,
                                                            .cancel = self->stopping.get_token(),
                                                            .on_interim = {}});
      if (!outcome.response || outcome.response->status != 200) co_return;
      const std::optional<std::int64_t> version = self->apply(outcome.response->body);
      if (!version) {
        log_warning("kafka", "the leader feed of {} sent something that is not one", net::to_string(broker));
        co_return;
      }
      // A version below ours means that the broker was started again: begin anew.
      if (*version < since) co_return;
      // It answers at once from now on, and not for long.
      if (outcome.response->headers.has(net::stopping_field)) co_return;
      if (!std::exchange(answers, true)) log_info("kafka", "leader feed from {}", net::to_string(broker));
      // A broker without any leader yet stays at version 0; do not ask it without a pause.
      if (*version == 0) co_await net::sleep_ms(self->options.pause_ms);
      since = *version;
    }
  }

  /// The next broker that no poll asks.
  std::optional<net::endpoint> free_broker() {
    for (std::size_t tried = 0; tried < brokers.size(); ++tried) {
      const net::endpoint& broker = brokers[next++ % brokers.size()];
      if (std::ranges::find(asked, broker) == asked.end()) return broker;
    }
    return std::nullopt;
  }

  static net::task<void> run(std::shared_ptr<state> self, std::size_t poll) {
    while (!self->stopping.stop_requested()) {
      if (const std::optional<net::endpoint> broker = self->free_broker()) {
        self->asked[poll] = broker;
        co_await follow(self, *broker, self->answers[poll]);
        self->asked[poll].reset();
        self->answers[poll] = false;
      }
      co_await net::sleep_ms(self->options.pause_ms);
    }
  }
};

leader_feed::leader_feed(net::event_loop& loop, net::http_client& http, const net::cluster_secret& secret,
                         cluster_client& client, leader_feed_options options)
    : state_(std::make_shared<state>(loop, http, secret, client, options)) {}

leader_feed::~leader_feed() {
  stop();
}

void leader_feed::set_brokers(std::vector<net::endpoint> brokers) {
  state_->brokers = std::move(brokers);
}

void leader_feed::start() {
  for (std::size_t poll = 0; poll < polls; ++poll)
    state_->loop.spawn([state = state_, poll] { return state::run(state, poll); });
}

void leader_feed::stop() {
  state_->stopping.request_stop();
}

bool leader_feed::connected() const {
  return std::ranges::find(state_->answers, true) != state_->answers.end();
}

}  // namespace marquee::kafka
