#include "net/api_error.h"

#include <nlohmann/json.hpp>

namespace marquee::net {

std::string json_quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace {
bool asks_to_retry(int status) {
  return status == 429 || status == 503;
}

std::int64_t retry_after_ms(const api_error& problem) {
  return problem.retry_after_ms > 0 ? problem.retry_after_ms : 1000;
}
}  // namespace

std::string to_json_members(const api_error& problem) {
  const bool retriable = problem.retriable || asks_to_retry(problem.status);
  std::string out = R"("status":"failure","code":)" + json_quote(problem.code);
  out += R"(,"message":)" + json_quote(problem.message);
  out += R"(,"component":)" + json_quote(problem.component);
  out += std::string(R"(,"retriable":)") + (retriable ? "true" : "false");
  out += std::string(R"(,"outcome":")") +
         (problem.outcome == api_outcome::definite ? "definite" : "unknown") + '"';
  if (asks_to_retry(problem.status)) out += R"(,"retry_after_ms":)" + std::to_string(retry_after_ms(problem));
  if (problem.pointer) out += R"(,"pointer":)" + json_quote(*problem.pointer);
  return out;
}

http_response to_response(const api_error& problem) {
  http_response response = json_response("{" + to_json_members(problem) + "}", problem.status);
  if (asks_to_retry(problem.status))
    response.headers.add("Retry-After", std::to_string((retry_after_ms(problem) + 999) / 1000));
  return response;
}

api_error bad_request(std::string component, std::string message, std::optional<std::string> pointer) {
  api_error problem;
  problem.status = 400;
  problem.code = "BAD_REQUEST";
  problem.message = std::move(message);
  problem.component = std::move(component);
  problem.pointer = std::move(pointer);
  return problem;
}

api_error unavailable(std::string component, std::string code, std::string message,
                      std::int64_t retry_after_ms) {
  api_error problem;
  problem.status = 503;
  problem.code = std::move(code);
  problem.message = std::move(message);
  problem.component = std::move(component);
  problem.retriable = true;
  problem.retry_after_ms = retry_after_ms;
  return problem;
}

}  // namespace marquee::net
