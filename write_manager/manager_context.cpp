#include "write_manager/manager_context.h"

#include <algorithm>

#include "write_manager/topic_config_policy.h"

namespace marquee::write_manager {

net::api_error manager_context::problem(int status, std::string code, std::string message) const {
  net::api_error told;
  told.status = status;
  told.code = std::move(code);
  told.message = std::move(message);
  told.component = component;
  told.retriable = status == 429 || status == 503;
  return told;
}

net::api_error manager_context::metadata_unavailable(const std::string& why) const {
  return net::unavailable(component, "METADATA_UNAVAILABLE",
                          "this needs the metadata store, which does not answer: " + why, 2'000);
}

net::api_error manager_context::from_store(const error& why) const {
  switch (why.code) {
    case error_code::unavailable:
    case error_code::cancelled:
      return metadata_unavailable(why.message);
    case error_code::timed_out: {
      net::api_error told = metadata_unavailable(why.message);
      told.outcome = net::api_outcome::unknown;
      return told;
    }
    case error_code::overloaded:
      return net::unavailable(component, "OVERLOADED", why.message);
    default:
      return problem(500, "INTERNAL", why.message);
  }
}

api_result<> manager_context::authorise(const net::http_request& request, net::operation what,
                                        const net::resource& on) const {
  if (access.allows(net::principal_of(request, secret), what, on)) return {};
  return std::unexpected(problem(
      403, "FORBIDDEN",
      "you may not " + std::string(net::to_string(what)) + " this " + std::string(net::to_string(on.kind))));
}

api_result<> manager_context::require_cluster(const net::http_request& request) const {
  if (secret.signed_by_cluster(request)) return {};
  return std::unexpected(problem(403, "FORBIDDEN", "only processes of this cluster may ask this"));
}

net::deadline manager_context::metadata_deadline(const net::http_exchange& exchange) const {
  return exchange.request_deadline.earlier_of(net::deadline::in_ms(options.postgres_timeout_ms));
}

net::task<api_result<db::topic_pointer>> manager_context::find_topic(std::string name,
                                                                     net::deadline end) const {
  if (db::topic_pointer topic = cache.snapshot()->find_topic(name); topic && !topic->internal)
    co_return topic;
  if (!cache.filled())
    co_return std::unexpected(metadata_unavailable("nothing has been read from PostgreSQL yet"));
  if (is_internal_topic_name(name))
    co_return std::unexpected(problem(422, "INVALID_TOPIC", problem_with_topic_name(name)));
  const std::string shown = name.substr(0, 260);
  if (!problem_with_topic_name(name).empty())
    co_return std::unexpected(
        problem(404, "TOPIC_NOT_FOUND", "there is no topic of that name: " + problem_with_topic_name(name)));
  if (const result<> fresh = co_await follower.refresh(end); !fresh)
    co_return std::unexpected(metadata_unavailable(fresh.error().message));
  if (db::topic_pointer topic = cache.snapshot()->find_topic(name)) co_return topic;
  co_return std::unexpected(problem(404, "TOPIC_NOT_FOUND", "topic '" + shown + "' does not exist"));
}

}  // namespace marquee::write_manager
