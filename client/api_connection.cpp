#include "client/api_connection.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

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
  if (failure.code.empty()) {
    failure.code = "UNEXPECTED_ANSWER";
    failure.message =
        "HTTP " + std::to_string(answer.status) + " without an explanation; is this a load balancer?";
    failure.retriable =
        answer.status == 429 || answer.status == 502 || answer.status == 503 || answer.status == 504;
    failure.outcome = answer.status >= 500 ? request_outcome::unknown : request_outcome::definite;
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

outcome<json> api_connection::attempt(const http_question& question, std::int64_t timeout_ms) {
  auto answer = session_.send(question, timeout_ms);
  if (!answer) return std::unexpected(explain(answer.error()));
  json body = json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  const bool succeeded = answer->status >= 200 && answer->status < 300 && body.is_object();
  if (!succeeded) return std::unexpected(read_failure(*answer, body));
  return body;
}

outcome<json> api_connection::call(const std::string& method, const std::string& target, const json& body,
                                   repeatability kind, std::int64_t extra_wait_ms) {
  const http_question question{method, target, body.is_null() ? std::string() : body.dump()};
  const std::int64_t started_ms = clock_.monotonic_ms();
  retry_policy policy(options_, kind, random_);
  while (true) {
    const std::int64_t left_ms = options_.deadline_ms - (clock_.monotonic_ms() - started_ms);
    const std::int64_t timeout_ms = std::max<std::int64_t>(std::min(options_.attempt_timeout_ms, left_ms), 1);
    auto answer = attempt(question, timeout_ms + extra_wait_ms);
    if (answer) return answer;
    const auto pause_ms = policy.pause_after(answer.error(), clock_.monotonic_ms() - started_ms);
    if (!pause_ms) return answer;
    ++repeated_attempts_;
    std::this_thread::sleep_for(std::chrono::milliseconds(*pause_ms));
  }
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
