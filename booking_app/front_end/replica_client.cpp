#include "booking_app/front_end/replica_client.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "net/json_body.h"

namespace marquee::booking {
namespace {

/// A replica answers from memory; what takes longer than this beyond the wait asked for is lost.
constexpr std::int64_t patience_ms = 2'000;
/// GET /digest waits two seconds for an offset ahead of the replica.
constexpr std::int64_t digest_wait_ms = 2'000;

std::int64_t integer_of(const nlohmann::json& object, const char* name, std::int64_t fallback) {
  const auto found = object.find(name);
  return found == object.end() ? fallback : net::json_integer(*found).value_or(fallback);
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

result<replica_status> parse_replica_status(std::string_view text) {
  const auto parsed = net::parse_json(text);
  if (!parsed || !parsed->is_object())
    return fail(marquee::error_code::corrupt, "a replica's status is no JSON object");
  replica_status status;
  status.replica = text_of(*parsed, "replica");
  status.incarnation = integer_of(*parsed, "incarnation", 0);
  status.offset = integer_of(*parsed, "offset", -1);
  status.time_ms = integer_of(*parsed, "time_ms", 0);
  status.ok = text_of(*parsed, "state") == "OK";
  status.digest_offset = integer_of(*parsed, "digest_offset", -1);
  if (std::string digest = text_of(*parsed, "digest"); !digest.empty()) status.digest = std::move(digest);
  if (status.replica.empty() || status.incarnation < 1)
    return fail(marquee::error_code::corrupt, "a replica's status names no replica and incarnation");
  return status;
}

replica_client::replica_client(net::http_client& client, std::map<std::string, net::endpoint> replicas)
    : client_(client), replicas_(std::move(replicas)) {
  for (const auto& [name, where] : replicas_) names_.push_back(name);
}

bool replica_client::knows(std::string_view replica) const {
  return replicas_.contains(std::string(replica));
}

net::task<result<replica_status>> replica_client::status(std::string replica,
                                                         std::optional<std::int64_t> offset,
                                                         std::int64_t wait_ms, std::stop_token cancel) {
  net::http_request request;
  request.target = "/status";
  if (offset) request.target += "?offset=" + std::to_string(*offset) + "&wait_ms=" + std::to_string(wait_ms);
  const std::string name = replica;
  const auto answer = co_await call(std::move(replica), std::move(request), wait_ms + patience_ms, cancel);
  if (!answer) co_return fail(answer);
  if (answer->status != 200)
    co_return fail(marquee::error_code::unavailable,
                   name + " answered its status with " + std::to_string(answer->status));
  auto status = parse_replica_status(answer->body);
  if (status && status->replica != name)
    co_return fail(marquee::error_code::refused, "at the address of " + name + " answers " + status->replica +
                                                     "; compare front_end.replicas");
  co_return status;
}

net::task<result<net::http_response>> replica_client::digest(std::string replica, std::int64_t offset,
                                                             std::stop_token cancel) {
  net::http_request request;
  request.target = "/digest?offset=" + std::to_string(offset);
  return call(std::move(replica), std::move(request), digest_wait_ms + patience_ms, cancel);
}

net::task<result<net::http_response>> replica_client::take_snapshot(std::string replica,
                                                                    std::stop_token cancel) {
  net::http_request request;
  request.method = "POST";
  request.target = "/snapshot";
  return call(std::move(replica), std::move(request), patience_ms, cancel);
}

net::task<result<net::http_response>> replica_client::inject_fault(std::string replica, std::string mode,
                                                                   std::int64_t count,
                                                                   std::stop_token cancel) {
  net::http_request request;
  request.method = "POST";
  request.target = "/fault";
  request.headers.add("Content-Type", "application/json");
  request.body = nlohmann::json{{"mode", std::move(mode)}, {"count", count}}.dump();
  return call(std::move(replica), std::move(request), patience_ms, cancel);
}

net::task<result<net::http_response>> replica_client::call(std::string replica, net::http_request request,
                                                           std::int64_t timeout_ms, std::stop_token cancel) {
  const auto found = replicas_.find(replica);
  if (found == replicas_.end())
    co_return fail(marquee::error_code::not_found, "no replica " + replica + " is configured");
  net::http_call_options options;
  options.timeout_ms = timeout_ms;
  options.cancel = std::move(cancel);
  options.resend_if_stale = request.method == "GET";
  net::http_outcome outcome = co_await client_.send(found->second, std::move(request), std::move(options));
  co_return std::move(outcome.response);
}

}  // namespace marquee::booking
