#include "client/api_connection.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "client/interruption.h"

namespace marquee::client {

namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// What a failure's body says; an answer that is not ours (a proxy's page) is explained by its status.
api_failure read_failure(const http_answer& answer, const json& body) {
  api_failure failure{.status = answer.status, .request_id = answer.request_id};
  if (body.is_object()) {
    failure.code = text_at(body, "code");
    failure.message = text_at(body, "message");
    failure.component = text_at(body, "component");
    failure.retriable = body.value("retriable", json(false)) == json(true);
    failure.outcome =
        text_at(body, "outcome") == "unknown" ? request_outcome::unknown : request_outcome::definite;
    const json pause = body.value("retry_after_ms", json(0));
    failure.retry_after_ms = pause.is_number_integer() ? pause.get<std::int64_t>() : 0;
  }
  failure.retry_after_ms = std::max(failure.retry_after_ms, answer.retry_after_ms);
  if (failure.code.empty()) {
    failure.code = "UNEXPECTED_ANSWER";
    failure.message =
        "HTTP " + std::to_string(answer.status) + " without an explanation; is this a load balancer?";
    failure.retriable =
        answer.status == 429 || answer.status == 502 || answer.status == 503 || answer.status == 504;
    failure.outcome =
        answer.status < 400 || answer.status >= 500 ? request_outcome::unknown : request_outcome::definite;
  }
  return failure;
}

api_failure explain(const no_answer& missing) {
  api_failure failure{.message = missing.message, .component = "client"};
  switch (missing.kind) {
    case no_answer_kind::bad_address:
      failure.code = "BAD_ADDRESS";
      break;
    case no_answer_kind::not_sent:
      failure.code = "NO_CONNECTION";
      failure.retriable = true;
      break;
    case no_answer_kind::maybe_sent:
      failure.code = "NO_ANSWER";
      failure.retriable = true;
      failure.outcome = request_outcome::unknown;
      break;
  }
  return failure;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

api_connection::api_connection(client_options options)
    : options_(options), session_(std::move(options)), random_(system_seed()) {}

outcome<json> api_connection::attempt(const http_question& question, std::int64_t timeout_ms,
                                      bool takes_failed_results) {
  auto answer = session_.send(question, timeout_ms);
  if (!answer) return std::unexpected(explain(answer.error()));
  json body = json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  const bool succeeded = answer->status >= 200 && answer->status < 300 && body.is_object();
  if (succeeded || (takes_failed_results && body.is_object() && body.contains("results"))) return body;
  const api_failure failure = read_failure(*answer, body);
  // Another load balancer may know managers that this one does not reach.
  if (failure.retriable && failure.component.starts_with("load_balancer")) session_.leave();
  return std::unexpected(failure);
}

outcome<json> api_connection::call(const std::string& method, const std::string& target, const json& body,
                                   repeatability kind, const call_limits& limits) {
  std::string text;
  try {
    if (!body.is_null()) text = body.dump();
  } catch (const json::type_error&) {
    return std::unexpected(not_text());
  }
  return call_with_text(method, target, std::move(text), kind, limits);
}

outcome<json> api_connection::call_with_text(const std::string& method, const std::string& target,
                                             std::string body, repeatability kind,
                                             const call_limits& limits) {
  const http_question question{method, target, std::move(body)};
  const std::int64_t deadline_ms = limits.deadline_ms.value_or(options_.deadline_ms);
  const std::int64_t started_ms = now_ms();
  retry_policy policy(options_, kind, random_, deadline_ms);
  bool may_have_effect = false;
  while (true) {
    if (is_cancelled())
      return std::unexpected(
          api_failure{.code = "CANCELLED",
                      .message = "the call was cancelled",
                      .component = "client",
                      .outcome = may_have_effect ? request_outcome::unknown : request_outcome::definite});
    const std::int64_t left_ms = deadline_ms - (now_ms() - started_ms);
    const std::int64_t timeout_ms = std::max<std::int64_t>(std::min(options_.attempt_timeout_ms, left_ms), 1);
    auto answer = attempt(question, timeout_ms + limits.extra_wait_ms, limits.takes_failed_results);
    if (answer) return answer;
    api_failure& failure = answer.error();
    const auto pause_ms = policy.pause_after(failure, now_ms() - started_ms);
    may_have_effect = may_have_effect || failure.outcome == request_outcome::unknown;
    if (may_have_effect) failure.outcome = request_outcome::unknown;
    if (!pause_ms || !pause(*pause_ms)) return answer;
    ++repeated_attempts_;
  }
}

bool api_connection::is_cancelled() const {
  return (options_.stopper && options_.stopper->is_requested()) ||
         (options_.is_cancelled && options_.is_cancelled());
}

bool api_connection::pause(std::int64_t duration_ms) {
  constexpr std::int64_t slice_ms = 50;
  const std::int64_t end_ms = now_ms() + duration_ms;
  for (std::int64_t left_ms = duration_ms; left_ms > 0; left_ms = end_ms - now_ms()) {
    if (is_cancelled()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left_ms, slice_ms)));
  }
  return !is_cancelled();
}

api_failure not_text() {
  return {.code = "BAD_ARGUMENT",
          .message =
              "a topic, id, header name or option is not UTF-8 text; values, keys and header values may be "
              "any bytes",
          .component = "client"};
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[octet >> 4];
    encoded += digits[octet & 15];
  }
  return encoded;
}

}  // namespace marquee::client
