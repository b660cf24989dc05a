#include "cli/booking/booking_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/assert.h"
#include "base/logging.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

std::string field_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

client::client_options options_for(const booking_server& server, const client::fault_switches& faults) {
  client::client_options options;
  options.load_balancers = {server.url};
  options.faults = faults;
  return options;
}

}  // namespace

result<booking_server> parse_booking_server(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  std::string_view rest = text;
  if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view host = rest.substr(0, slash);
  std::string_view prefix = rest.substr(slash);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  const bool odd =
      std::ranges::any_of(rest, [](char c) { return c <= ' ' || c == '?' || c == '#' || c == '@'; });
  if (host.find(':') == std::string_view::npos || host.starts_with(':') || host.ends_with(':') || odd)
    return fail(error_code::invalid_argument,
                fmt::format("'{}' is not a server such as 127.0.0.1:8301", escape_for_log(text)));
  return booking_server{std::string(scheme) + std::string(host), std::string(prefix)};
}

attempt_verdict judge_answer(int status, std::string_view code, std::string_view outcome) {
  if (status >= 200 && status < 300) return attempt_verdict::final_answer;
  // The same key is under way at that front end; its answer will be there soon.
  if (code == "IN_PROGRESS") return attempt_verdict::again_in_doubt;
  // The front end's own overload; nothing was sent. TOO_MANY_SESSIONS is the state machine's word.
  if (status == 429)
    return code == "TOO_MANY_SESSIONS" ? attempt_verdict::final_answer : attempt_verdict::again;
  if (code == "WAIT_TIMEOUT") return attempt_verdict::final_answer;
  // A route that a test build alone has.
  if (status == 501) return attempt_verdict::final_answer;
  if (status >= 500) return outcome == "definite" ? attempt_verdict::again : attempt_verdict::again_in_doubt;
  return attempt_verdict::final_answer;
}

std::string make_idempotency_key() {
  std::array<std::uint8_t, 16> random{};
  fill_from_system(random);
  std::string key = "cli-";
  for (const std::uint8_t byte : random) key += fmt::format("{:02x}", byte);
  return key;
}

booking_connection::booking_connection(booking_connection_options options)
    : options_(std::move(options)), random_(system_seed()) {
  MARQUEE_ASSERT(!options_.servers.empty(), "a booking client needs the address of a server");
  for (const booking_server& server : options_.servers)
    sessions_.emplace_back(options_for(server, options_.faults));
}

client::http_question booking_connection::make_question(const booking_request& request) const {
  client::http_question question{request.method, options_.servers[current_].prefix + request.target,
                                 request.body};
  client::http_fields& headers = question.headers;
  headers.emplace_back("X-Client-Id", options_.client_id);
  if (request.session_id) headers.emplace_back("X-Session-Id", *request.session_id);
  if (request.idempotency_key) headers.emplace_back("Idempotency-Key", *request.idempotency_key);
  if (request.seq) headers.emplace_back("X-Client-Seq", std::to_string(*request.seq));
  if (request.ack_below) headers.emplace_back("X-Ack-Below", std::to_string(*request.ack_below));
  if (request.lock) headers.emplace_back("X-Lock", *request.lock);
  return question;
}

booking_connection::attempt_result booking_connection::attempt(const booking_request& request,
                                                               std::int64_t timeout_ms) {
  sent_us_ = clock_.monotonic_us();
  const auto got = sessions_[current_].send(make_question(request), timeout_ms);
  attempt_result made;
  if (!got) {
    const bool sent = got.error().kind == client::no_answer_kind::maybe_sent;
    made.verdict = sent ? attempt_verdict::again_in_doubt : attempt_verdict::again;
    made.is_unreachable = !sent;
    made.silence = {sent ? "NO_ANSWER" : "NO_CONNECTION", got.error().message};
    return made;
  }
  const json body = json::parse(got->body, nullptr, /*allow_exceptions=*/false);
  const bool is_object = body.is_object();
  const std::string code = is_object ? field_of(body, "code") : std::string();
  made.verdict = judge_answer(got->status, code, is_object ? field_of(body, "outcome") : std::string());
  made.retry_after_ms = got->retry_after_ms;
  if (made.verdict != attempt_verdict::final_answer) {
    made.silence = {code.empty() ? fmt::format("HTTP_{}", got->status) : code,
                    is_object ? field_of(body, "message") : std::string("an answer without explanation")};
    return made;
  }
  made.answer = {.status = got->status,
                 .body = got->body,
                 .code = code,
                 .is_success = got->status < 300,
                 .replayed = got->header("Idempotency-Replayed") == "true",
                 .server_timing = std::string(got->header("Server-Timing"))};
  return made;
}

std::expected<booking_answer, booking_silence> booking_connection::call(const booking_request& request) {
  const bool is_read = !request.idempotency_key && !request.seq && request.method == "GET";
  const std::int64_t started_ms = now_ms();
  bool may_have_happened = false;
  for (std::size_t attempts = 1;; ++attempts) {
    const std::int64_t left_ms = options_.deadline_ms - (now_ms() - started_ms);
    const std::int64_t timeout_ms = std::max<std::int64_t>(std::min(options_.attempt_timeout_ms, left_ms), 1);
    attempt_result made = attempt(request, timeout_ms + request.extra_wait_ms);
    if (made.verdict == attempt_verdict::final_answer) return std::move(made.answer);
    may_have_happened |= made.verdict == attempt_verdict::again_in_doubt && !is_read;
    current_ = (current_ + 1) % sessions_.size();
    const std::int64_t pause_ms = pause_before_attempt(made, attempts);
    const bool in_time = now_ms() - started_ms + pause_ms < options_.deadline_ms;
    if (!in_time || is_cancelled() || !pause(pause_ms)) {
      made.silence.may_have_happened = may_have_happened;
      if (is_cancelled()) made.silence.code = "CANCELLED";
      return std::unexpected(made.silence);
    }
  }
}

std::int64_t booking_connection::pause_before_attempt(const attempt_result& last, std::size_t attempts) {
  // Another server is asked at once; it may know better. After each round the pause doubles.
  const std::size_t round = attempts / sessions_.size();
  if (last.is_unreachable && attempts % sessions_.size() != 0) return 0;
  const std::int64_t doubled = options_.first_pause_ms << std::min<std::size_t>(round, 12);
  const std::int64_t pause_ms = std::min(doubled, options_.longest_pause_ms);
  const std::int64_t jittered = random_.between(pause_ms / 2, pause_ms);
  return attempts % sessions_.size() != 0 ? std::min(jittered, options_.first_pause_ms)
                                          : std::max(jittered, last.retry_after_ms);
}

std::expected<client::http_answer, client::no_answer> booking_connection::receive(
    const booking_request& request, std::int64_t silence_ms,
    const std::function<bool(std::string_view)>& take) {
  auto got = sessions_[current_].receive(make_question(request), silence_ms, take);
  if (!got || got->status != 200) current_ = (current_ + 1) % sessions_.size();
  return got;
}

bool booking_connection::is_cancelled() const {
  return options_.is_cancelled && options_.is_cancelled();
}

bool booking_connection::pause(std::int64_t duration_ms) {
  constexpr std::int64_t slice_ms = 50;
  const std::int64_t end_ms = now_ms() + duration_ms;
  for (std::int64_t left_ms = duration_ms; left_ms > 0; left_ms = end_ms - now_ms()) {
    if (is_cancelled()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left_ms, slice_ms)));
  }
  return !is_cancelled();
}

}  // namespace marquee::cli
