#include "kafka/client_connection.h"

#include <array>
#include <deque>
#include <vector>

#include "base/byte_codec.h"
#include "net/event_loop.h"
#include "net/future.h"
#include "net/stream.h"
#include "net/wake_point.h"

namespace marquee::kafka {

namespace {

/// One request without an answer.
struct pending_call {
  std::int32_t correlation_id = 0;
  net::promise<shared_bytes> answer;
  bool write_started = false;
};

struct queued_frame {
  wire_message frame;
  std::shared_ptr<pending_call> call;
};

}  // namespace

struct client_connection::state : std::enable_shared_from_this<client_connection::state> {
  state(net::event_loop& on, client_connection_options with, net::stream over)
      : loop(on), options(std::move(with)), stream(std::move(over)) {}

  net::event_loop& loop;
  client_connection_options options;
  net::stream stream;
  std::deque<queued_frame> to_write;
  std::deque<std::shared_ptr<pending_call>> pending;  ///< in the order of the requests
  net::wake_point room;
  std::int32_t last_correlation_id = 0;
  std::chrono::steady_clock::time_point heard = std::chrono::steady_clock::now();
  bool writing = false;
  bool open = true;

  void fail_all(const error& cause) {
    if (!open) return;
    open = false;
    stream.close();
    to_write.clear();
    const auto failed = std::exchange(pending, {});
    for (const auto& call : failed) call->answer.set(failure(error{error_code::unavailable, cause.message}));
    room.wake_all();
  }

  net::task<void> write_loop();
  net::task<void> read_loop();
  net::task<result<>> read_answer();
};

net::task<void> client_connection::state::write_loop() {
  while (open && !to_write.empty()) {
    // Everything that was queued while the last write was under way goes out together.
    std::vector<queued_frame> batch(std::make_move_iterator(to_write.begin()),
                                    std::make_move_iterator(to_write.end()));
    to_write.clear();
    std::vector<bytes_view> parts;
    for (const queued_frame& item : batch) {
      item.call->write_started = true;
      for (const shared_bytes& part : item.frame.parts) parts.push_back(part);
    }
    result<> written = co_await stream.write(parts, net::deadline::never());
    if (!written) fail_all(written.error());
  }
  writing = false;
}

net::task<result<>> client_connection::state::read_answer() {
  std::array<std::uint8_t, 4> prefix{};
  if (result<> got = co_await stream.read_exactly(prefix); !got) co_return got;
  heard = std::chrono::steady_clock::now();
  byte_reader reader(prefix);
  const auto size = reader.get<std::int32_t>();
  if (size < 4 || static_cast<std::size_t>(size) > options.max_answer_bytes)
    co_return fail(error_code::corrupt,
                   "an answer of " + std::to_string(size) + " bytes is announced by " + stream.remote());
  bytes frame(static_cast<std::size_t>(size));
  if (result<> got = co_await stream.read_exactly(frame); !got) co_return got;
  byte_reader head(frame);
  const auto correlation_id = head.get<std::int32_t>();
  if (pending.empty() || pending.front()->correlation_id != correlation_id)
    co_return fail(error_code::corrupt, stream.remote() + " answers request " +
                                            std::to_string(correlation_id) +
                                            ", which is not the next one to be answered");
  const std::shared_ptr<pending_call> call = pending.front();
  pending.pop_front();
  room.wake_all();
  call->answer.set(shared_bytes::of(std::move(frame)));
  co_return result<>{};
}

net::task<void> client_connection::state::read_loop() {
  const auto self = shared_from_this();
  while (open) {
    result<> got = co_await read_answer();
    if (!got) fail_all(got.error());
  }
}

net::task<result<std::shared_ptr<client_connection>>> client_connection::open(
    net::event_loop& loop, net::endpoint where, client_connection_options options) {
  result<net::stream> connected =
      co_await net::connect(where, net::deadline::in_ms(options.connect_timeout_ms));
  if (!connected) co_return fail(connected, "broker at " + net::to_string(where));
  auto made = std::make_shared<state>(loop, std::move(options), std::move(*connected));
  loop.spawn([made]() -> net::task<void> { co_await made->read_loop(); });
  co_return std::shared_ptr<client_connection>(new client_connection(std::move(made)));
}

client_connection::client_connection(std::shared_ptr<state> state) : state_(std::move(state)) {}
client_connection::~client_connection() {
  close();
}

bool client_connection::is_open() const {
  return state_->open;
}
std::size_t client_connection::in_flight() const {
  return state_->pending.size();
}
std::chrono::steady_clock::time_point client_connection::heard() const {
  return state_->heard;
}
void client_connection::close() {
  state_->fail_all({error_code::unavailable, "the connection was closed here"});
}

std::int32_t client_connection::next_correlation_id() {
  return state_->last_correlation_id = (state_->last_correlation_id + 1) & 0x7fffffff;
}
const std::string& client_connection::client_id() const {
  return state_->options.client_id;
}

net::task<result<>> client_connection::wait_for_room(net::deadline end) {
  const auto held = state_;
  while (held->open && held->pending.size() >= held->options.max_in_flight) {
    const std::uint64_t seen = held->room.generation();
    if (co_await held->room.wait(seen, end) != net::wake_reason::woken)
      co_return fail(error_code::timed_out,
                     "the connection to broker " + held->stream.remote() + " stayed full");
  }
  if (!held->open)
    co_return fail(error_code::unavailable,
                   "the connection to broker " + held->stream.remote() + " is closed");
  co_return result<>{};
}

net::task<call_outcome<shared_bytes>> client_connection::exchange(std::int32_t correlation_id,
                                                                  wire_message frame, net::deadline end) {
  const auto held = state_;
  const auto call = std::make_shared<pending_call>();
  call->correlation_id = correlation_id;
  net::future<shared_bytes> answer = call->answer.get_future();
  held->pending.push_back(call);
  held->to_write.push_back({std::move(frame), call});
  if (!held->writing) {
    held->writing = true;
    held->loop.spawn([held]() -> net::task<void> { co_await held->write_loop(); });
  }
  result<shared_bytes> got = co_await answer.wait(end);
  if (!got && got.error().code == error_code::timed_out)
    held->fail_all({error_code::unavailable, "broker " + held->stream.remote() + " did not answer in time"});
  co_return call_outcome<shared_bytes>{std::move(got),
                                       call->write_started ? delivery::maybe_sent : delivery::not_sent};
}

}  // namespace marquee::kafka
