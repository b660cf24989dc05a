#include "broker/kafka_connection.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/byte_codec.h"
#include "base/logging.h"
#include "net/buffered_reader.h"
#include "net/event_loop.h"

namespace marquee::broker {

namespace {

/// A frame's buffer grows with what really arrives.
constexpr std::size_t first_read_bytes = std::size_t{1} << 20;

/// A request that waits for its answer, or for its turn to be written.
struct answer_slot {
  /// Of the request while it is worked on, then of the answer until it is written: counts in the budget.
  std::int64_t held_bytes = 0;
  std::optional<result<request_reply>> reply;
};

/// What the reading and the writing coroutine of a connection share.
struct connection_state {
  connection_state(net::stream with, connection_environment in)
      : stream(std::move(with)), environment(std::move(in)) {}

  net::stream stream;
  net::buffered_reader from{stream};
  connection_environment environment;
  std::deque<std::shared_ptr<answer_slot>> slots;  ///< in the order of the requests
  net::wake_point changed;
  bool reading = true;
  bool broken = false;
  std::stop_source gone;
};
using state_pointer = std::shared_ptr<connection_state>;

void note_bad(connection_state& state, const std::string& why) {
  state.environment.services.metrics.bad_requests.add();
  log_info("broker.kafka", "closing the connection of {}: {}", state.stream.remote(), escape_for_log(why));
}

/// Reads one frame without its length. Nothing when the connection ends.
net::task<std::optional<shared_bytes>> read_frame(connection_state& state) {
  const kafka_limits& limits = state.environment.services.limits;
  std::array<std::uint8_t, 4> prefix{};
  if (!co_await state.from.read_exactly(prefix, net::deadline::in_ms(limits.idle_timeout_ms)))
    co_return std::nullopt;
  const auto size = byte_reader(prefix).get<std::int32_t>();
  if (size <= 0 || size > limits.max_request_bytes) {
    note_bad(state, "a request of " + std::to_string(size) + " bytes; the limit is " +
                        std::to_string(limits.max_request_bytes) + " (kafka.max_request_bytes)");
    co_return std::nullopt;
  }
  const auto total = static_cast<std::size_t>(size);
  const net::deadline end = net::deadline::in_ms(limits.request_timeout_ms);
  bytes frame(std::min(total, first_read_bytes));
  std::size_t filled = 0;
  for (;;) {
    const std::span<std::uint8_t> target(frame.data() + filled, frame.size() - filled);
    if (const auto read = co_await state.from.read_exactly(target, end); !read) {
      if (read.error().code == error_code::timed_out)
        note_bad(state, "a request did not arrive whole in time");
      co_return std::nullopt;
    }
    filled = frame.size();
    if (filled == total) break;
    frame.resize(std::min(total, frame.size() * 2));
  }
  co_return shared_bytes::of(std::move(frame));
}

void hold(connection_state& state, answer_slot& slot, std::int64_t size) {
  request_budget& budget = state.environment.budget;
  budget.bytes_in_flight += size - slot.held_bytes;
  const bool freed = size < slot.held_bytes;
  slot.held_bytes = size;
  if (freed) budget.freed.wake_all();
}

bool is_fetch(const shared_bytes& frame) {
  return byte_reader(frame.view()).get<std::int16_t>() == static_cast<std::int16_t>(kafka::api_key::fetch);
}

/// Answers of Fetch are large: only the one whose turn it is to be written is made, so that a connection
/// holds one of them however many it asks for.
net::task<void> wait_for_turn(connection_state& state, const std::shared_ptr<answer_slot>& slot) {
  for (;;) {
    const std::uint64_t seen = state.changed.generation();
    if (state.slots.empty() || state.slots.front() == slot || state.gone.stop_requested()) co_return;
    (void)co_await state.changed.wait(seen, net::deadline::never(), state.gone.get_token());
  }
}

net::task<void> answer_one(state_pointer state, std::shared_ptr<answer_slot> slot, shared_bytes frame,
                           request_context context) {
  try {
    if (is_fetch(frame)) co_await wait_for_turn(*state, slot);
    slot->reply = co_await state->environment.dispatcher.answer(std::move(frame), std::move(context));
  } catch (const std::exception& problem) {
    slot->reply = fail(error_code::internal, problem.what());
  }
  const bool has_bytes = *slot->reply && **slot->reply;
  hold(*state, *slot, has_bytes ? static_cast<std::int64_t>((**slot->reply)->size()) : 0);
  state->changed.wake_all();
}

/// Waits until another request may be read.
net::task<bool> wait_for_room(connection_state& state) {
  const kafka_limits& limits = state.environment.services.limits;
  request_budget& budget = state.environment.budget;
  for (;;) {
    const std::uint64_t own = state.changed.generation();
    const std::uint64_t others = budget.freed.generation();
    if (state.broken || state.gone.stop_requested()) co_return false;
    if (static_cast<std::int64_t>(state.slots.size()) >= limits.max_requests_in_flight)
      (void)co_await state.changed.wait(own, net::deadline::never(), state.gone.get_token());
    else if (budget.bytes_in_flight >= limits.max_bytes_in_flight)
      (void)co_await budget.freed.wait(others, net::deadline::never(), state.gone.get_token());
    else
      co_return true;
  }
}

net::task<void> read_requests(state_pointer state) {
  while (co_await wait_for_room(*state)) {
    auto frame = co_await read_frame(*state);
    if (!frame) break;
    auto slot = std::make_shared<answer_slot>();
    hold(*state, *slot, static_cast<std::int64_t>(frame->size()));
    state->slots.push_back(slot);
    request_context context;
    context.gone = state->gone.get_token();
    // Starts are queued in this order, so appends of pipelined requests keep theirs.
    state->environment.loop.spawn([state, slot, frame = std::move(*frame), context]() mutable {
      return answer_one(state, slot, std::move(frame), std::move(context));
    });
  }
  state->reading = false;
  state->gone.request_stop();
  state->changed.wake_all();
}

/// Writes the first answer. False: the connection has to be closed.
net::task<bool> write_answer(connection_state& state, const result<request_reply>& reply) {
  if (!reply) {
    note_bad(state, reply.error().message);
    co_return false;
  }
  if (!*reply) co_return true;
  std::vector<bytes_view> parts;
  for (const shared_bytes& part : (*reply)->parts) parts.push_back(part.view());
  const auto end = net::deadline::in_ms(state.environment.services.limits.write_timeout_ms);
  co_return (co_await state.stream.write(parts, end)).has_value();
}

net::task<void> write_answers(state_pointer state) {
  for (;;) {
    const std::uint64_t seen = state->changed.generation();
    if (state->slots.empty() && !state->reading) co_return;
    if (state->slots.empty() || !state->slots.front()->reply) {
      (void)co_await state->changed.wait(seen);
      continue;
    }
    const std::shared_ptr<answer_slot> first = state->slots.front();
    if (!state->broken && !co_await write_answer(*state, *first->reply)) {
      state->broken = true;
      state->gone.request_stop();
      state->stream.close();
    }
    hold(*state, *first, 0);
    state->slots.pop_front();
    state->changed.wake_all();
  }
}

}  // namespace

net::task<void> serve_kafka_connection(net::stream stream, connection_environment environment) {
  const auto state = std::make_shared<connection_state>(std::move(stream), std::move(environment));
  metric_gauge& connections = state->environment.services.metrics.connections;
  connections.add(1);
  const std::stop_callback stop(state->environment.stopping, [&state] { state->gone.request_stop(); });
  state->environment.loop.spawn([state] { return read_requests(state); });
  co_await write_answers(state);
  state->stream.close();
  connections.add(-1);
}

}  // namespace marquee::broker
