#include "raft/transport/peer_link.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/logging.h"
#include "net/event_loop.h"
#include "raft/transport/batch_codec.h"
#include "raft/transport/frame_io.h"

namespace marquee::raft {

namespace {
constexpr const char* component = "raft.transport";
/// After the writer has seen a broken connection: how long a goodbye that is still in the receive buffer may
/// take to be read.
constexpr std::int64_t linger_ms = 100;
/// Somebody who refuses us is asked again, but seldom.
constexpr std::int64_t refused_retry_ms = 3000;

metric_labels peer_label(broker_id peer) {
  return {{"peer", std::to_string(peer.value())}};
}
}  // namespace

peer_link::peer_link(net::event_loop& loop, const transport_options& options,
                     const greeting_context& greeting, broker_id peer, net::endpoint where,
                     link_callbacks callbacks, metrics_registry& metrics)
    : loop_(loop),
      options_(options),
      greeting_(greeting),
      peer_(peer),
      where_(std::move(where)),
      callbacks_(std::move(callbacks)),
      bytes_sent_(metrics.counter("marquee_raft_sent_bytes_total", "Bytes of Raft messages sent to a broker.",
                                  peer_label(peer))),
      messages_sent_(metrics.counter("marquee_raft_messages_sent_total", "Raft messages sent to a broker.",
                                     peer_label(peer))),
      queued_bytes_(metrics.gauge("marquee_raft_send_queue_bytes",
                                  "Appends that wait to be sent to a broker.", peer_label(peer))),
      outbox_({.bytes_most = options.send_queue_bytes_most}),
      random_(system_seed()),
      retry_ms_(options.reconnect_least_ms) {}

void peer_link::stop(peer_loss how) {
  if (stopping_) return;
  stopping_ = true;
  say_goodbye_ = how == peer_loss::goodbye && up_;
  if (!say_goodbye_) stream_.close();
  outbox_.close();
  hurry_.wake_all();
}

void peer_link::try_now() {
  retry_ms_ = options_.reconnect_least_ms;
  refused_ = false;
  hurry_.wake_all();
}

net::task<> peer_link::run() {
  const std::shared_ptr<peer_link> self = shared_from_this();
  while (!stopping_) {
    co_await connect_once();
    if (!stopping_) co_await wait_before_retry();
  }
  ended_ = true;
}

net::task<> peer_link::connect_once() {
  result<net::stream> connected =
      co_await net::connect(where_, net::deadline::in_ms(options_.connect_timeout_ms));
  if (!connected) {
    note_failure(connected.error());
    co_return;
  }
  if (stopping_) co_return;
  stream_ = std::move(*connected);
  const greeting_result<peer_identity> greeted = co_await greet_as_connecting(stream_, greeting_, peer_);
  if (!greeted || stopping_) {
    stream_.close();
    if (greeted || stopping_) co_return;
    refused_ = greeted.error().refused;
    note_failure(greeted.error().why);
    if (greeted.error().superseded) callbacks_.superseded(greeted.error().why);
    co_return;
  }
  up_ = true;
  reader_ended_ = false;
  goodbye_received_ = false;
  refused_ = false;
  retry_ms_ = options_.reconnect_least_ms;
  last_failure_.clear();
  outbox_.open();
  log_info(component, "connected to broker {} at {} (boot {})", to_string(greeted->replica),
           net::to_string(where_), greeted->process.boot.value());
  callbacks_.up(peer_, *greeted);
  co_await send_until_broken();
  up_ = false;
  outbox_.close();
  if (!stopping_) {
    log_info(component, "connection to broker {} {}", peer_.value(),
             goodbye_received_ ? "was closed by it as planned" : "is lost");
    callbacks_.down(peer_, goodbye_received_ ? peer_loss::goodbye : peer_loss::reset);
  }
}

net::task<> peer_link::send_until_broken() {
  // Two coroutines share the stream: this one writes, the other one reads.
  loop_.spawn([self = shared_from_this()] { return self->listen_for_end(); });
  while (!stopping_ && !reader_ended_) {
    const std::uint64_t seen = outbox_.ready().generation();
    const outbox_batch batch = outbox_.take(options_.batch_bytes_most);
    queued_bytes_.set(static_cast<std::int64_t>(outbox_.queued_bytes()));
    if (batch.empty()) {
      const net::wake_reason why =
          co_await outbox_.ready().wait(seen, net::deadline::in_ms(options_.alive_interval_ms));
      if (why == net::wake_reason::woken) continue;
    }
    if (const result<> sent = co_await send(batch); !sent) break;
  }
  if (stopping_ && say_goodbye_ && !reader_ended_) {
    static_cast<void>(
        co_await write_frame(stream_, frame_type::goodbye, {}, net::deadline::in_ms(linger_ms)));
    stream_.shutdown_write();
  }
  co_await wait_for_reader(net::deadline::in_ms(linger_ms));
  stream_.close();
  co_await wait_for_reader(net::deadline::never());
}

net::task<> peer_link::wait_for_reader(net::deadline end) {
  while (!reader_ended_ && !end.passed()) {
    const std::uint64_t seen = outbox_.ready().generation();
    static_cast<void>(co_await outbox_.ready().wait(seen, end));
  }
}

net::task<> peer_link::listen_for_end() {
  for (;;) {
    const result<received_frame> frame =
        co_await read_frame(stream_, largest_hello_bytes, net::deadline::in_ms(options_.peer_silence_ms));
    if (!frame) break;
    if (frame->type == frame_type::goodbye) {
      goodbye_received_ = true;
      break;
    }
  }
  reader_ended_ = true;
  outbox_.close();
}

net::task<result<>> peer_link::send(const outbox_batch& batch) {
  const net::deadline end = net::deadline::in_ms(options_.silence_timeout_ms);
  if (batch.empty()) {
    const result<> sent = co_await write_frame(stream_, frame_type::alive, {}, end);
    co_return sent;
  }
  if (!batch.messages.empty()) {
    const std::vector<shared_bytes> payload = encode_messages(batch.messages);
    std::vector<bytes_view> parts;
    parts.reserve(payload.size());
    std::size_t size = 0;
    for (const shared_bytes& part : payload) {
      parts.push_back(part.view());
      size += part.size();
    }
    const result<> sent = co_await write_frame(stream_, frame_type::messages, parts, end);
    if (!sent) co_return fail(sent);
    bytes_sent_.add(size);
    messages_sent_.add(batch.messages.size());
  }
  if (!batch.leaders.empty()) {
    const bytes payload = encode_leaders(batch.leaders);
    const std::array<bytes_view, 1> parts{payload};
    const result<> sent = co_await write_frame(stream_, frame_type::leaders, parts, end);
    if (!sent) co_return fail(sent);
  }
  co_return result<>{};
}

net::task<> peer_link::wait_before_retry() {
  const std::int64_t base = refused_ ? refused_retry_ms : retry_ms_;
  const std::int64_t wait_ms = base / 2 + random_.between(0, base);
  retry_ms_ = std::min(retry_ms_ * 2, options_.reconnect_most_ms);
  const std::uint64_t seen = hurry_.generation();
  static_cast<void>(co_await hurry_.wait(seen, net::deadline::in_ms(wait_ms)));
}

void peer_link::note_failure(const error& why) {
  if (why.message == last_failure_) return;
  last_failure_ = why.message;
  log_warning(component, "no connection to broker {} at {}: {}; trying again", peer_.value(),
              net::to_string(where_), why.message);
}

}  // namespace marquee::raft
