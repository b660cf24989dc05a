#include "net/http_connection.h"

#include <array>
#include <charconv>
#include <exception>

#include "base/logging.h"
#include "net/http_server.h"
#include "net/http_writer.h"

namespace marquee::net {
namespace {

constexpr std::int64_t linger_ms = 2'000;
constexpr std::size_t confirmed_from_bytes = 64 * 1024;
constexpr std::size_t max_request_id_bytes = 128;
constexpr std::size_t write_piece_bytes = 1024 * 1024;
constexpr std::string_view processing = "HTTP/1.1 102 Processing\r\n\r\n";

class connection_exchange final : public http_exchange {
 public:
  explicit connection_exchange(http_connection& connection) : connection_(connection) {}

  task<result<>> send_interim(int status) override {
    return connection_.write_interim(http_1_1 ? status : 0);
  }
  void show_life_every_ms(std::int64_t interval_ms) override {
    if (http_1_1) connection_.show_life_every_ms(interval_ms);
  }
  std::stop_token client_gone_token() const override { return connection_.client_gone_token(); }
  bool stopping() const override { return connection_.stopping(); }

  bool http_1_1 = true;

 private:
  http_connection& connection_;
};

bool is_printable(std::string_view text) {
  for (const char c : text)
    if (c <= 32 || c >= 127) return false;
  return true;
}

api_error problem_of(const std::string& component, const parse_problem& found) {
  api_error problem;
  problem.status = found.status;
  problem.code = found.code;
  problem.message = found.message;
  problem.component = component;
  return problem;
}

deadline requested_deadline(const http_headers& headers) {
  const std::string_view text = headers.get("X-Deadline-Ms");
  std::int64_t left_ms = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), left_ms);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || left_ms < 0)
    return deadline::never();
  return deadline::in_ms(left_ms);
}

}  // namespace

http_connection::http_connection(std::shared_ptr<http_server_context> server, stream connection)
    : server_(std::move(server)),
      stream_(std::move(connection)),
      input_(std::make_shared<read_ahead>(stream_)) {}

http_connection::~http_connection() {
  account_body(0);
}

task<> http_connection::run() {
  const auto self = shared_from_this();
  while (stream_.is_open()) {
    if (co_await serve_one() == next_step::close) break;
  }
  stream_.close();
}

void http_connection::begin_stop() {
  // A request that has arrived and was not looked at yet is answered; then the connection ends.
  if (!busy_ && !input_->anything_waits()) stream_.close();
}

task<http_connection::next_step> http_connection::serve_one() {
  busy_ = false;
  input_->expect_much(false);
  input_->start();
  const deadline idle = deadline::in_ms(server_->options.idle_timeout_ms);
  if (co_await input_->wait_for_data(0, idle) != read_ahead::event::data) co_return next_step::close;
  busy_ = true;
  request_parser parser({static_cast<std::size_t>(server_->options.max_header_section_bytes),
                         static_cast<std::uint64_t>(server_->options.max_body_bytes)});
  const deadline header_end = deadline::in_ms(server_->options.header_timeout_ms);
  if (!co_await read_until(parser, false, header_end)) co_return next_step::close;
  if (!co_await meet_expectation(parser)) co_return next_step::close;
  if (!parser.done()) {
    input_->expect_much(true);
    const deadline body_end = deadline::in_ms(server_->options.body_timeout_ms);
    if (!co_await read_until(parser, true, body_end)) co_return next_step::close;
  }
  co_return co_await answer(parser);
}

task<bool> http_connection::read_until(request_parser& parser, bool whole, deadline end) {
  const auto complete = [&] { return whole ? parser.done() : parser.header_done(); };
  std::size_t refused_by_parser = 0;  // bytes that wait for more to come
  for (;;) {
    if (input_->data().size() > refused_by_parser) {
      const std::optional<std::size_t> taken = parser.put(input_->data());
      if (!taken) {
        co_await fail_and_close(problem_of(server_->options.component, parser.problem()));
        co_return false;
      }
      input_->consume(*taken);
      account_body(parser.body.size());
      if (complete()) co_return true;
      if (server_->body_bytes_in_flight > server_->options.max_body_bytes_in_flight) {
        co_await fail_and_close(unavailable(server_->options.component, "OVERLOADED",
                                            "too many request bodies are being received at the same time"));
        co_return false;
      }
      refused_by_parser = input_->data().size();
    }
    switch (co_await input_->wait_for_data(refused_by_parser, end)) {
      case read_ahead::event::data:
        break;
      case read_ahead::event::ended:
        co_return false;
      case read_ahead::event::deadline_passed: {
        api_error problem;
        problem.status = 408;
        problem.code = "REQUEST_TIMEOUT";
        problem.message =
            std::string("the ") + (whole ? "body" : "header section") +
            " of the request did not arrive within " +
            std::to_string(whole ? server_->options.body_timeout_ms : server_->options.header_timeout_ms) +
            " ms";
        problem.component = server_->options.component;
        problem.retriable = true;
        co_await fail_and_close(std::move(problem));
        co_return false;
      }
    }
  }
}

task<bool> http_connection::meet_expectation(const request_parser& parser) {
  const std::string_view expectation = parser.headers.get("Expect");
  if (expectation.empty()) co_return true;
  if (!equals_ignoring_case(expectation, "100-continue")) {
    co_await fail_and_close(
        problem_of(server_->options.component,
                   {417, "BAD_REQUEST", "the only expectation that is met is 100-continue"}));
    co_return false;
  }
  if (parser.done() || !input_->data().empty()) co_return true;  // the client did not wait
  co_return (co_await write_interim(parser.is_http_1_1() ? 100 : 0)).has_value();
}

task<http_connection::next_step> http_connection::answer(request_parser& parser) {
  connection_exchange exchange(*this);
  exchange.http_1_1 = parser.is_http_1_1();
  exchange.request.method = std::move(parser.method);
  exchange.request.target = std::move(parser.target);
  exchange.request.headers = std::move(parser.headers);
  exchange.request.body = std::move(parser.body);
  exchange.request.remote = stream_.remote();
  exchange.request_deadline = requested_deadline(exchange.request.headers);
  const std::string_view given_id = exchange.request.headers.get("X-Request-Id");
  const bool take_id = !given_id.empty() && given_id.size() <= max_request_id_bytes && is_printable(given_id);
  exchange.request_id = take_id ? std::string(given_id) : make_request_id();

  http_response response;
  if (const result<> split = split_target(exchange.request); !split) {
    response = to_response(bad_request(server_->options.component, split.error().message));
  } else {
    input_->expect_much(false);
    input_->start();  // notices that the client goes away
    input_->watch_end(exchange.http_1_1 ? std::string(processing) : "");
    response = co_await call_handler(exchange);
    input_->watch_end_no_more();
  }
  if (response.source) {
    count(response.status);
    if (co_await write_streamed(response, exchange, exchange.http_1_1)) co_await linger();
    co_return next_step::close;
  }
  const bool keep_alive = parser.wants_keep_alive() && !stopping() && !input_->ended();
  if (stopping()) response.headers.set(std::string(stopping_field), "true");
  const bool with_body = exchange.request.method != "HEAD";
  const std::uint64_t received_before = input_->received();
  bool written =
      co_await write_response(response, exchange.http_1_1, keep_alive, with_body, exchange.request_id);
  // A client that has finished sending may be gone or still listen, and a large answer may lie in our own
  // buffers as a whole: the client has it when its system says so. A large answer needs the client to read
  // on, which may take it as long as any write; if it is gone, its system says that at once.
  const bool large = response.on_written && response.body.size() > confirmed_from_bytes;
  if (written && (input_->ended() || large))
    written = !input_->was_reset() && co_await stream_.wait_until_taken(deadline::in_ms(
                                          large ? server_->options.write_timeout_ms : linger_ms));
  // It may have gone so soon after its next request that nobody looked in between.
  if (!written && response.next_request_confirms &&
      co_await input_->wait_for_data(0, deadline::in_ms(linger_ms)) == read_ahead::event::data)
    written = input_->received() > received_before;
  account_body(0);
  count(response.status, exchange.elapsed_us());
  if (response.on_written) {
    try {
      response.on_written(written && (with_body || response.body.empty()));
    } catch (const std::exception& e) {
      log_error("net", "request {}: an exception left on_written: {}", exchange.request_id,
                escape_for_log(e.what()));
    }
  }
  co_return written&& keep_alive ? next_step::read_next : next_step::close;
}

task<http_response> http_connection::call_handler(http_exchange& exchange) {
  std::string what;
  try {
    co_return co_await server_->handler(exchange);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "an unknown exception";
  }
  log_error("net", "request {} ({} {}): an exception left the handler: {}", exchange.request_id,
            escape_for_log(exchange.request.method), escape_for_log(exchange.request.path),
            escape_for_log(what));
  api_error problem;
  problem.message =
      "the request failed because of a bug; the log of this process says more under the request's id";
  problem.component = server_->options.component;
  problem.outcome = api_outcome::unknown;
  co_return to_response(problem);
}

task<bool> http_connection::write_response(const http_response& response, bool http_1_1, bool keep_alive,
                                           bool with_body, std::string_view request_id) {
  const std::string header = write_response_header(
      response, {http_1_1, keep_alive, request_id, with_body || !response.body.empty()});
  bytes_view rest = with_body ? as_bytes(response.body) : bytes_view();
  bytes_view front = as_bytes(header);
  // In pieces, so that a slow client is cut for standing still, not for being slow.
  do {
    const std::array<bytes_view, 2> parts{front, rest.first(std::min(rest.size(), write_piece_bytes))};
    const deadline end = deadline::in_ms(server_->options.write_timeout_ms);
    if (const result<> written = co_await stream_.write(parts, end); !written) co_return false;
    rest = rest.subspan(parts[1].size());
    front = {};
  } while (!rest.empty());
  co_return true;
}

task<result<>> http_connection::write_interim(int status) {
  if (status == 0) co_return result<>{};
  const std::string line =
      "HTTP/1.1 " + std::to_string(status) + " " + std::string(http_status_text(status)) + "\r\n\r\n";
  co_return co_await stream_.write(as_bytes(line), deadline::in_ms(server_->options.write_timeout_ms));
}

void http_connection::show_life_every_ms(std::int64_t interval_ms) {
  input_->show_life(std::string(processing), interval_ms);
}

task<> http_connection::fail_and_close(api_error problem, std::string_view request_id) {
  const std::string id = request_id.empty() ? make_request_id() : std::string(request_id);
  if (const std::int64_t untold = server_->refusals.tell(); untold >= 0)
    log_info("net", "request {} from {} refused: {} {}{}", id, stream_.remote(), problem.code,
             escape_for_log(problem.message),
             untold > 0 ? fmt::format(" (and {} more since the last such line)", untold) : "");
  const http_response response = to_response(problem);
  count(response.status, 0);
  if (co_await write_response(response, true, false, true, id)) co_await linger();
  stream_.close();
}

task<> http_connection::refuse_for_overload() {
  const auto self = shared_from_this();
  api_error problem =
      unavailable(server_->options.component, "TOO_MANY_CONNECTIONS",
                  "this process has as many connections as it may; try again or use another one");
  co_await fail_and_close(std::move(problem));
}

task<> http_connection::linger() {
  // Closing while the client still sends would reset the connection and destroy the answer on its way.
  stream_.shutdown_write();
  input_->expect_much(true);
  const deadline end = deadline::in_ms(linger_ms);
  std::int64_t budget = 2 * server_->options.max_body_bytes;
  while (budget > 0) {
    budget -= static_cast<std::int64_t>(input_->data().size());
    input_->consume(input_->data().size());
    if (co_await input_->wait_for_data(0, end) != read_ahead::event::data) break;
  }
}

void http_connection::account_body(std::size_t size) {
  server_->body_bytes_in_flight +=
      static_cast<std::int64_t>(size) - static_cast<std::int64_t>(body_accounted_);
  body_accounted_ = size;
}

void http_connection::count(int status) {
  metric_counter* counter = server_->requests[std::clamp(status / 100, 0, 5)];
  if (counter != nullptr) counter->add();
}

void http_connection::count(int status, std::int64_t elapsed_us) {
  count(status);
  if (server_->latency_us != nullptr) server_->latency_us->observe(static_cast<std::uint64_t>(elapsed_us));
}

std::string http_connection::make_request_id() {
  return fmt::format("{:016x}", server_->random.next());
}

}  // namespace marquee::net
