#include "net/http_client.h"

#include <deque>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

#include "net/client_connection.h"
#include "net/event_loop.h"
#include "net/future.h"
#include "net/http_answer_body.h"
#include "net/http_writer.h"

namespace marquee::net {
namespace {

using connection_ptr = std::shared_ptr<client_connection>;

/// What a body that is read piece by piece may be long.
constexpr std::uint64_t unlimited_bytes = std::numeric_limits<std::uint64_t>::max();

/// A call that waits for a place among the connections.
struct waiting_call {
  promise<> turn;
};

/// The connections to one endpoint.
struct endpoint_pool {
  std::vector<connection_ptr> idle;  ///< the last one was used last, and is used next
  std::int64_t taken = 0;            ///< in use or being connected
  std::deque<std::shared_ptr<waiting_call>> waiting;
};

}  // namespace

struct http_client::state : std::enable_shared_from_this<http_client::state> {
  state(event_loop& on, http_client_options with) : loop(on), options(with) {}

  event_loop& loop;
  const http_client_options options;
  std::unordered_map<endpoint, endpoint_pool> pools;
  std::unordered_map<client_connection*, std::weak_ptr<client_connection>> in_use;
  bool closed = false;
  bool sweeping = false;

  /// A place among the connections of an endpoint; given back when it goes out of scope.
  class place {
   public:
    place(std::shared_ptr<state> owner, endpoint_pool& pool) : owner_(std::move(owner)), pool_(pool) {}
    place(place&&) noexcept = default;
    place& operator=(place&&) = delete;
    ~place() {
      if (owner_) owner_->give_back(pool_, std::move(connection));
    }
    connection_ptr connection;

   private:
    std::shared_ptr<state> owner_;
    endpoint_pool& pool_;  ///< stays while a place of it is taken
  };

  task<result<endpoint_pool*>> take_place(const endpoint& where, deadline end, std::stop_token cancel);
  static connection_ptr take_idle(endpoint_pool& pool);
  void give_back(endpoint_pool& pool, connection_ptr connection);
  static void wake_next(endpoint_pool& pool);
  void sweep();
  void start_sweeper();
  task<http_outcome> attempt(endpoint where, const http_request& request, const http_call_options& call,
                             deadline end, bool only_new, wanted part);
  /// Cuts the connection, on its loop, when the token is requested.
  auto cut_when_cancelled(const connection_ptr& connection) {
    return [weak = std::weak_ptr(connection), &events = loop] {
      events.post([weak] {
        if (const auto alive = weak.lock()) alive->abort();
      });
    };
  }
};

/// The body of an answer, with the place of its connection.
class http_client::open_body final : public http_answer_body {
 public:
  open_body(state::place mine, const std::stop_token& cancel, std::function<void()> cut)
      : mine_(std::move(mine)), watch_(cancel, std::move(cut)) {}
  ~open_body() override {
    if (!at_end_) mine_.connection->abort();
  }
  task<result<std::optional<std::string>>> next(deadline end) override {
    if (at_end_) co_return std::optional<std::string>();
    auto piece = co_await mine_.connection->next_piece(end);
    at_end_ = piece && !*piece;
    co_return piece;
  }

 private:
  state::place mine_;
  bool at_end_ = false;
  std::stop_callback<std::function<void()>> watch_;
};

task<result<endpoint_pool*>> http_client::state::take_place(const endpoint& where, deadline end,
                                                            std::stop_token cancel) {
  for (;;) {
    if (closed) co_return fail(error_code::cancelled, "the HTTP client is closed");
    endpoint_pool& pool = pools[where];
    if (pool.taken < options.max_connections_per_endpoint) {
      ++pool.taken;
      co_return &pool;
    }
    if (std::ssize(pool.waiting) >= options.max_waiting_per_endpoint)
      co_return fail(error_code::overloaded, "too many calls wait for a connection to " + to_string(where));
    const auto me = std::make_shared<waiting_call>();
    future<> mine = me->turn.get_future();
    pool.waiting.push_back(me);
    if (const result<> woken = co_await mine.wait(end, cancel); !woken) {
      std::erase(pools[where].waiting, me);
      if (mine.ready()) wake_next(pools[where]);  // the turn came too late for this call
      co_return fail(woken, "waiting for a connection to " + to_string(where));
    }
  }
}

connection_ptr http_client::state::take_idle(endpoint_pool& pool) {
  std::vector<connection_ptr>& idle = pool.idle;
  while (!idle.empty()) {
    connection_ptr last = std::move(idle.back());
    idle.pop_back();
    if (last->reusable()) return last;
  }
  return nullptr;
}

void http_client::state::give_back(endpoint_pool& pool, connection_ptr connection) {
  --pool.taken;
  if (connection) {
    in_use.erase(connection.get());
    if (!closed && connection->reusable()) {
      connection->idle_until = deadline::in_ms(options.idle_timeout_ms);
      pool.idle.push_back(std::move(connection));
      start_sweeper();
    } else {
      connection->close();
    }
  }
  wake_next(pool);
}

void http_client::state::wake_next(endpoint_pool& pool) {
  if (pool.waiting.empty()) return;
  const std::shared_ptr<waiting_call> next = std::move(pool.waiting.front());
  pool.waiting.pop_front();
  next->turn.set({});
}

void http_client::state::start_sweeper() {
  if (sweeping) return;
  sweeping = true;
  loop.post_after_ms(options.idle_timeout_ms / 2 + 1, [weak = weak_from_this()] {
    if (const auto alive = weak.lock()) alive->sweep();
  });
}

void http_client::state::sweep() {
  sweeping = false;
  bool any_idle = false;
  for (auto each = pools.begin(); each != pools.end();) {
    endpoint_pool& pool = each->second;
    std::erase_if(pool.idle,
                  [](const connection_ptr& c) { return !c->reusable() || c->idle_until.passed(); });
    any_idle = any_idle || !pool.idle.empty();
    const bool unused = pool.idle.empty() && pool.taken == 0 && pool.waiting.empty();
    each = unused ? pools.erase(each) : std::next(each);
  }
  if (any_idle && !closed) start_sweeper();
}

task<http_outcome> http_client::state::attempt(endpoint where, const http_request& request,
                                               const http_call_options& call, deadline end, bool only_new,
                                               wanted part) {
  const auto self = shared_from_this();
  http_outcome outcome{.response = result<http_response>{}};
  const result<endpoint_pool*> pool = co_await take_place(where, end, call.cancel);
  if (!pool) {
    outcome.response = fail(pool);
    co_return outcome;
  }
  place mine(self, **pool);
  if (!only_new) mine.connection = take_idle(**pool);
  outcome.reused_connection = mine.connection != nullptr;
  if (!mine.connection) {
    const deadline connect_end = end.earlier_of(deadline::in_ms(options.connect_timeout_ms));
    result<stream> connected = co_await connect(where, connect_end, call.cancel);
    if (!connected) {
      outcome.refused_or_reset = connected.error().code == error_code::refused;
      outcome.response = fail(connected);
      co_return outcome;
    }
    mine.connection = std::make_shared<client_connection>(std::move(*connected));
  }
  if (call.cancel.stop_requested() || closed) {
    outcome.response = fail(error_code::cancelled, "the call was cancelled");
    co_return outcome;
  }
  in_use[mine.connection.get()] = mine.connection;
  const std::stop_callback watch(call.cancel, cut_when_cancelled(mine.connection));
  std::string header = write_request_header(request, where);
  client_connection::attempt done =
      part == wanted::whole ? co_await mine.connection->exchange(std::move(header), request, end,
                                                                 options.max_response_bytes, call.on_interim)
                            : co_await mine.connection->begin(std::move(header), request, end,
                                                              unlimited_bytes, call.on_interim);
  outcome.sent_any_byte = done.sent_any_byte;
  outcome.refused_or_reset = done.closed_by_server;
  outcome.reused_connection = outcome.reused_connection && !done.any_byte_received;
  outcome.response = std::move(done.response);
  if (outcome.response && part == wanted::header) {
    auto cut = cut_when_cancelled(mine.connection);
    outcome.body = std::make_shared<open_body>(std::move(mine), call.cancel, std::move(cut));
  }
  co_return outcome;
}

http_client::http_client(event_loop& loop, http_client_options options)
    : state_(std::make_shared<state>(loop, options)) {}

http_client::~http_client() {
  state_->closed = true;
  for (const auto& [key, weak] : state_->in_use)
    if (const auto alive = weak.lock()) alive->close();
  for (auto& [where, pool] : state_->pools) {
    pool.idle.clear();
    for (const auto& call : pool.waiting)
      call->turn.set(fail(error_code::cancelled, "the HTTP client is closed"));
    pool.waiting.clear();
  }
}

task<http_outcome> http_client::send(endpoint where, http_request request, http_call_options options) {
  co_return co_await send_borrowed(std::move(where), request, std::move(options));
}

task<http_outcome> http_client::send_borrowed(endpoint where, const http_request& request,
                                              http_call_options options) {
  return call(state_, std::move(where), request, std::move(options), wanted::whole);
}

task<http_outcome> http_client::open(endpoint where, const http_request& request, http_call_options options) {
  return call(state_, std::move(where), request, std::move(options), wanted::header);
}

task<http_outcome> http_client::call(std::shared_ptr<state> self, endpoint where, const http_request& request,
                                     http_call_options options, wanted part) {
  const deadline end = options.end.earlier_of(deadline::in_ms(options.timeout_ms));
  http_outcome outcome = co_await self->attempt(where, request, options, end, false, part);
  const bool stale = outcome.refused_or_reset && outcome.reused_connection;
  if (stale && (options.resend_if_stale || !outcome.sent_any_byte))
    outcome = co_await self->attempt(where, request, options, end, true, part);
  co_return outcome;
}

void http_client::forget(const endpoint& where) {
  if (const auto found = state_->pools.find(where); found != state_->pools.end()) found->second.idle.clear();
}

std::size_t http_client::connections() const {
  std::size_t count = state_->in_use.size();
  for (const auto& [where, pool] : state_->pools) count += pool.idle.size();
  return count;
}

}  // namespace marquee::net
