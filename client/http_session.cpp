#include "client/http_session.h"

#include <httplib.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "client/interruption.h"
#include "client/sigpipe_guard.h"

namespace marquee::client {

namespace {

/// http://host or http://host:port. The library would take anything else for the name of a host.
bool is_base_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return false;
  const std::string_view rest = url.substr(scheme.size());
  const std::size_t colon = rest.rfind(':');
  const std::string_view host = rest.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "80" : rest.substr(colon + 1);
  return !host.empty() && host.find_first_of("/ ?#@") == std::string_view::npos && !port.empty() &&
         port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whole seconds, as our servers send it; a date is not understood and counts as no wish.
std::int64_t retry_after_ms_of(const std::string& header) {
  if (header.empty() || header.size() > 6 || header.find_first_not_of("0123456789") != std::string::npos)
    return 0;
  return std::stoll(header) * 1000;
}

httplib::Request make_request(const http_question& question) {
  httplib::Request request;
  request.method = question.method;
  request.path = question.target;
  for (const auto& [name, value] : question.headers) request.set_header(name, value);
  if (question.method != "GET" && question.method != "DELETE") {
    request.set_header("Content-Type", "application/json");
    request.body = question.body;
  }
  return request;
}

http_answer make_answer(const httplib::Response& got, std::string body) {
  http_answer answer{got.status, std::move(body), got.get_header_value("X-Request-Id"),
                     retry_after_ms_of(got.get_header_value("Retry-After"))};
  answer.headers.assign(got.headers.begin(), got.headers.end());
  return answer;
}

no_answer bad_address(const std::string& where) {
  return {no_answer_kind::bad_address, "'" + where + "' is not an address like http://host:port"};
}

no_answer explain(httplib::Error failed, const std::string& where) {
  if (failed == httplib::Error::Connection || failed == httplib::Error::ConnectionTimeout)
    return {no_answer_kind::not_sent, "no connection to the server at " + where};
  return {no_answer_kind::maybe_sent,
          "the server at " + where + " gave no answer (" + to_string(failed) + ")"};
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_nth(std::int64_t& count, std::int64_t every) {
  return every > 0 && ++count % every == 0;
}

constexpr std::size_t largest_failure_bytes = 1 << 20;

}  // namespace

std::string_view http_answer::header(std::string_view name) const {
  for (const auto& [found, value] : headers)
    if (equals_ignoring_case(found, name)) return value;
  return {};
}

struct http_session::state {
  client_options options;
  std::size_t current = 0;
  std::unique_ptr<httplib::Client> connection;
  std::int64_t requests = 0;
  std::int64_t answers = 0;

  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { disconnect(); }

  void connect() {
    connection = std::make_unique<httplib::Client>(options.load_balancers[current]);
    connection->set_tcp_nodelay(true);
    connection->set_keep_alive(true);
    connection->set_connection_timeout(std::chrono::milliseconds(options.connect_timeout_ms));
    if (options.stopper) options.stopper->watch(this, [own = connection.get()] { own->stop(); });
  }
  void disconnect() {
    if (options.stopper) options.stopper->forget(this);
    connection.reset();
  }
  void go_to_next() {
    disconnect();
    current = (current + 1) % options.load_balancers.size();
  }
};

http_session::http_session(client_options options) : state_(std::make_unique<state>()) {
  MARQUEE_ASSERT(!options.load_balancers.empty(), "a client needs the address of a load balancer");
  state_->options = std::move(options);
}
http_session::http_session(http_session&&) noexcept = default;
http_session& http_session::operator=(http_session&&) noexcept = default;
http_session::~http_session() = default;

const std::string& http_session::load_balancer() const {
  return state_->options.load_balancers[state_->current];
}

void http_session::leave() {
  if (state_->options.load_balancers.size() > 1) state_->go_to_next();
}

std::expected<http_answer, no_answer> http_session::send(const http_question& question,
                                                         std::int64_t timeout_ms) {
  if (!is_base_url(load_balancer())) {
    const std::string where = load_balancer();
    state_->go_to_next();
    return std::unexpected(bad_address(where));
  }
  if (is_nth(state_->requests, state_->options.faults.drop_request_every))
    return std::unexpected(no_answer{no_answer_kind::maybe_sent, "drop_request_every dropped the request"});
  if (state_->connection == nullptr) state_->connect();
  httplib::Client& connection = *state_->connection;
  // The library's own limits are 5 s for reading and writing; a long poll takes 30.
  connection.set_read_timeout(std::chrono::milliseconds(timeout_ms));
  connection.set_write_timeout(std::chrono::milliseconds(timeout_ms));

  httplib::Request request = make_request(question);
  // The read time-out is that of one read; an answer that trickles in must end, too.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  request.progress = [end](std::uint64_t got, std::uint64_t) {
    return got <= largest_answer_bytes && std::chrono::steady_clock::now() < end;
  };
  const sigpipe_guard guard;
  auto got = connection.send(request);
  if (got && is_nth(state_->answers, state_->options.faults.drop_answer_every))
    return std::unexpected(no_answer{no_answer_kind::maybe_sent, "drop_answer_every dropped the answer"});
  if (got) return make_answer(*got, std::move(got->body));
  const std::string where = load_balancer();
  state_->go_to_next();
  return std::unexpected(explain(got.error(), where));
}

std::expected<http_answer, no_answer> http_session::receive(
    const http_question& question, std::int64_t silence_ms,
    const std::function<bool(std::string_view)>& take) {
  const std::string where = load_balancer();
  if (!is_base_url(where)) {
    state_->go_to_next();
    return std::unexpected(bad_address(where));
  }
  state_->connect();
  httplib::Client& connection = *state_->connection;
  connection.set_read_timeout(std::chrono::milliseconds(silence_ms));
  connection.set_write_timeout(std::chrono::milliseconds(silence_ms));
  httplib::Request request = make_request(question);
  int status = 0;
  bool taken = true;
  std::string failure_body;
  request.response_handler = [&status](const httplib::Response& begun) {
    status = begun.status;
    return true;
  };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    const std::string_view piece(data, size);
    if (status == 200) return taken = take(piece);
    failure_body += piece;
    return failure_body.size() <= largest_failure_bytes;
  };
  const sigpipe_guard guard;
  auto got = connection.send(request);
  state_->connection.reset();
  if (got) return make_answer(*got, std::move(failure_body));
  if (!taken) return http_answer{.status = status, .body = {}, .request_id = {}};
  state_->go_to_next();
  return std::unexpected(explain(got.error(), where));
}

}  // namespace marquee::client
