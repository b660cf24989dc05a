#include "read_manager/api_errors.h"

#include "read_manager/request_forwarder.h"

namespace marquee::read_manager {

namespace {

net::api_error definite(int status, std::string code, std::string component, std::string message) {
  net::api_error problem;
  problem.status = status;
  problem.code = std::move(code);
  problem.component = std::move(component);
  problem.message = std::move(message);
  return problem;
}

/// What a client sent is quoted only as far as it can be read.
std::string quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, 260)) + (text.size() > 260 ? "..." : "") + "'";
}

}  // namespace

net::api_error topic_not_found(std::string component, std::string_view topic) {
  return definite(404, "TOPIC_NOT_FOUND", std::move(component), "topic " + quoted(topic) + " does not exist");
}

net::api_error consumer_not_found(std::string component, std::string_view consumer_id) {
  return definite(404, "CONSUMER_NOT_FOUND", std::move(component),
                  "consumer " + quoted(consumer_id) +
                      " does not exist or was deleted; POST /consumer/register makes a new one");
}

net::api_error consumer_not_registered(std::string component, std::string_view consumer_id,
                                       std::string_view topic) {
  return definite(
      403, "CONSUMER_NOT_REGISTERED", std::move(component),
      "consumer " + quoted(consumer_id) + " is registered for another topic than " + quoted(topic));
}

net::api_error groups_not_implemented(std::string component) {
  return definite(501, "NOT_IMPLEMENTED", std::move(component),
                  "consumer groups are not implemented yet; register without 'group'");
}

net::api_error poll_too_old(std::string component, std::int64_t poll) {
  return definite(409, "POLL_TOO_OLD", std::move(component),
                  "poll " + std::to_string(poll) +
                      " was answered before and a higher one came since; go on with a higher number");
}

net::api_error invalid_position(std::string component, std::string message) {
  return definite(422, "INVALID_POSITION", std::move(component), std::move(message));
}

net::api_error metadata_unavailable(std::string component, const error& cause) {
  if (cause.code == error_code::overloaded)
    return net::unavailable(std::move(component), "OVERLOADED", cause.message);
  net::api_error problem =
      net::unavailable(std::move(component), "METADATA_UNAVAILABLE",
                       "this needs the metadata store, which does not answer: " + cause.message, 2'000);
  if (cause.code == error_code::timed_out) problem.outcome = net::api_outcome::unknown;
  return problem;
}

net::api_error brokers_unavailable(std::string component, const std::string& what, net::api_outcome outcome) {
  net::api_error problem = net::unavailable(std::move(component), "NOT_ENOUGH_REPLICAS", what);
  problem.outcome = outcome;
  return problem;
}

net::api_error owner_silent(std::string component, const std::string& owner) {
  net::api_error problem =
      net::unavailable(std::move(component), "OWNER_NOT_ANSWERING",
                       "the read manager at " + owner +
                           ", which serves this consumer, has the request but did not answer in "
                           "time");
  problem.outcome = net::api_outcome::unknown;
  return problem;
}

net::api_error not_owner(std::string component, const std::string& owner) {
  return net::unavailable(std::move(component), "NOT_OWNER", "the consumer is served by " + owner);
}

net::http_response released(std::string component) {
  net::http_response answer = to_response(net::unavailable(
      std::move(component), "STOPPING", "this read manager is stopping; another one serves the consumer"));
  answer.headers.add(std::string(released_header), "true");
  return answer;
}

net::api_error forbidden(std::string component) {
  return definite(403, "FORBIDDEN", std::move(component), "this principal may not do that");
}

}  // namespace marquee::read_manager
