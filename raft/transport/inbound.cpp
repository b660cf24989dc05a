#include "raft/transport/inbound.h"

#include <utility>
#include <vector>

#include "base/logging.h"
#include "net/buffered_reader.h"
#include "net/event_loop.h"
#include "net/wake_point.h"
#include "raft/transport/batch_codec.h"
#include "raft/transport/frame_io.h"

namespace marquee::raft {

namespace {
constexpr const char* component = "raft.transport";
}

struct inbound::connection {
  explicit connection(net::stream from) : stream(std::move(from)) {}
  net::stream stream;
  peer_identity peer;
  net::wake_point wake;
  bool leaving = false;
  bool ended = false;
};

inbound::inbound(net::event_loop& loop, const transport_options& options, const greeting_context& greeting,
                 callbacks on, metrics_registry& metrics)
    : loop_(loop),
      options_(options),
      greeting_(greeting),
      on_(std::move(on)),
      received_(metrics.counter("marquee_raft_messages_received_total", "Raft messages from other brokers.")),
      misaddressed_(metrics.counter("marquee_raft_dropped_total",
                                    "Raft messages that were dropped, by reason.",
                                    {{"reason", "misaddressed"}})),
      refused_(metrics.counter("marquee_raft_connections_refused_total",
                               "Connections to the Raft port that were refused or ended for a fault.")) {}

net::task<> inbound::serve(net::stream from) {
  const auto one = std::make_shared<connection>(std::move(from));
  connections_.insert(one);
  const std::string remote = one->stream.remote();
  const greeting_result<peer_identity> greeted = co_await greet_as_accepting(one->stream, greeting_);
  if (!greeted) {
    if (!leaving_) {
      refused_.add();
      log_warning(component, "connection from {} to the Raft port was closed: {}", remote,
                  greeted.error().why.message);
    }
    if (greeted.error().superseded) on_.superseded(greeted.error().why);
  } else if (!leaving_) {
    one->peer = *greeted;
    on_.arrived(one->peer);
    loop_.spawn([this, one] { return tell_alive(one); });
    if (const result<> ended = co_await receive(*one); !ended && !leaving_) {
      refused_.add();
      log_warning(component, "connection from broker {} at {} was closed: {}", to_string(one->peer.replica),
                  remote, ended.error().message);
    }
  }
  one->stream.close();
  one->ended = true;
  one->wake.wake_all();
  connections_.erase(one);
}

net::task<> inbound::tell_alive(std::shared_ptr<connection> one) {
  while (!one->ended) {
    const bool leaving = one->leaving;
    const frame_type type = leaving ? frame_type::goodbye : frame_type::alive;
    const result<> sent =
        co_await write_frame(one->stream, type, {}, net::deadline::in_ms(options_.silence_timeout_ms));
    if (leaving) one->stream.shutdown_write();
    if (!sent || leaving) co_return;
    const std::uint64_t seen = one->wake.generation();
    if (!one->leaving && !one->ended)
      static_cast<void>(co_await one->wake.wait(seen, net::deadline::in_ms(options_.alive_interval_ms)));
  }
}

/// An error is a fault of the other side; its orderly end and a reset are none.
net::task<result<>> inbound::receive(connection& one) {
  net::buffered_reader from(one.stream);
  for (;;) {
    const result<received_frame> frame =
        co_await read_frame(from, largest_frame_bytes, net::deadline::in_ms(options_.silence_timeout_ms));
    if (!frame) {
      const error_code code = frame.error().code;
      if (code == error_code::unavailable || code == error_code::cancelled) co_return result<>{};
      co_return fail(frame);
    }
    const result<bool> go_on = handle(one, frame->type, frame->payload);
    if (!go_on) co_return fail(go_on);
    if (!*go_on) co_return result<>{};
  }
}

result<bool> inbound::handle(connection& one, frame_type type, const shared_bytes& payload) {
  switch (type) {
    case frame_type::messages: {
      const result<> delivered = deliver(one, payload);
      if (!delivered) return fail(delivered);
      return true;
    }
    case frame_type::leaders: {
      result<std::vector<group_leader>> leaders = decode_leaders(payload);
      if (!leaders) return fail(leaders);
      on_.leaders(std::move(*leaders));
      return true;
    }
    case frame_type::goodbye:
      return false;
    case frame_type::alive:
      return true;
    case frame_type::hello:
      break;
  }
  return fail(error_code::corrupt, "a hello came after the hello was done");
}

result<> inbound::deliver(connection& one, const shared_bytes& payload) {
  result<std::vector<group_message>> messages = decode_messages(payload);
  if (!messages) return fail(messages);
  received_.add(messages->size());
  // Nobody speaks for another replica, and what is for an earlier incarnation of this broker is not for it.
  const auto dropped = std::erase_if(*messages, [&](const group_message& item) {
    return item.value.from != one.peer.replica || item.value.to != options_.self;
  });
  misaddressed_.add(dropped);
  if (!messages->empty()) on_.messages(one.peer.replica.broker, std::move(*messages));
  return {};
}

void inbound::say_goodbye() {
  leaving_ = true;
  for (const std::shared_ptr<connection>& one : connections_) {
    one->leaving = true;
    one->wake.wake_all();
  }
}

void inbound::close_all() {
  leaving_ = true;
  for (const std::shared_ptr<connection>& one : connections_) one->stream.close();
}

void inbound::drop_older(const peer_identity& newest) {
  for (const std::shared_ptr<connection>& one : connections_)
    if (one->peer.replica == newest.replica && one->peer.process.boot < newest.process.boot)
      one->stream.close();
}

}  // namespace marquee::raft
