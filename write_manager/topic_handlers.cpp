#include "write_manager/topic_handlers.h"

#include "base/logging.h"
#include "net/http_router.h"
#include "net/json_body.h"
#include "write_manager/partition_status_client.h"
#include "write_manager/topic_config_policy.h"
#include "write_manager/under_replicated.h"

namespace marquee::write_manager {

using net::http_exchange;
using net::http_response;

namespace {

constexpr std::int64_t status_wait_ms = 2'000;
/// A topic that is pending has had its time already.
constexpr std::int64_t pending_status_wait_ms = 300;
/// How long a question waits for what another manager may have changed a moment ago.
constexpr std::int64_t refresh_wait_ms = 500;

/// {"name","topic_id","config","partitions"}
net::task<std::string> describe_topic(const manager_context& context, db::topic_row topic,
                                      net::deadline end) {
  const partition_statuses statuses = co_await ask_partition_statuses(
      context, &topic, read_barrier::yes, end.earlier_of(net::deadline::in_ms(status_wait_ms)));
  co_return "{\"name\":" + net::json_quote(topic.name) +
      ",\"topic_id\":" + net::json_quote(to_string(topic.topic_id)) +
      ",\"config\":" + effective_config_json(topic.config) + ",\"partitions\":" +
      partitions_json(topic, statuses, gone_brokers(context.registry, *context.cache.snapshot())) + "}";
}

http_response with_version(http_response response, db::metadata_version version) {
  response.headers.set("X-Metadata-Version", std::to_string(version));
  return response;
}

api_result<topic_wish> read_wish(const manager_context& context, const net::http_request& request) {
  if (const auto wrong = net::check_json_content_type(request, context.component))
    return std::unexpected(*wrong);
  net::json_body body = net::json_body::parse(request.body);
  topic_wish wish;
  wish.name = body.text("name");
  wish.partitions = static_cast<std::int32_t>(body.integer_or("partitions", 1, 1, INT32_MAX));
  wish.replication_factor = static_cast<std::int32_t>(
      body.integer_or("replication_factor", context.options.default_replication_factor, 1, 32'767));
  const auto config = body.scalar_members("config");
  if (const auto problem = body.finish())
    return std::unexpected(net::bad_request(context.component, *problem));
  if (const std::string wrong = problem_with_topic_name(wish.name); !wrong.empty())
    return std::unexpected(context.problem(422, "INVALID_TOPIC", wrong));
  if (wish.partitions > context.options.partitions_most)
    return std::unexpected(context.problem(
        422, "INVALID_TOPIC",
        "a topic has at most " + std::to_string(context.options.partitions_most) + " partitions"));
  result<topic_config> checked = check_topic_config(config);
  if (!checked) return std::unexpected(context.problem(422, "INVALID_CONFIG", checked.error().message));
  wish.config = std::move(*checked);
  return wish;
}

net::task<http_response> create_topic(manager_context& context, topic_creator& topics,
                                      http_exchange& exchange) {
  api_result<topic_wish> wish = read_wish(context, exchange.request);
  if (!wish) co_return net::to_response(wish.error());
  if (auto may = context.authorise(exchange.request, net::operation::create,
                                   {net::resource_kind::topic, wish->name});
      !may)
    co_return net::to_response(may.error());
  api_result<db::topic_row> made =
      co_await topics.create(std::move(*wish), context.metadata_deadline(exchange));
  if (!made) co_return net::to_response(made.error());
  const bool working = co_await topics.wait_for_leaders(
      *made, exchange.request_deadline.earlier_of(net::deadline::in_ms(context.options.create_wait_ms)));
  const net::deadline end =
      working ? exchange.request_deadline : net::deadline::in_ms(pending_status_wait_ms);
  const std::string topic = co_await describe_topic(context, *made, end);
  std::string body = "{\"status\":\"success\",\"topic\":" + topic + (working ? "}" : ",\"pending\":true}");
  co_return with_version(net::json_response(std::move(body), 201), made->version);
}

net::task<http_response> list_topics(manager_context& context, http_exchange& exchange) {
  if (auto may =
          context.authorise(exchange.request, net::operation::describe, {net::resource_kind::topic, {}});
      !may)
    co_return net::to_response(may.error());
  // A topic that another manager has just made belongs into the list; without PostgreSQL the list is as of
  // the last news.
  static_cast<void>(co_await context.follower.refresh(net::deadline::in_ms(refresh_wait_ms)));
  if (!context.cache.filled())
    co_return net::to_response(context.metadata_unavailable("nothing has been read yet"));
  std::string names;
  for (const auto& [name, topic] : context.cache.snapshot()->topics())
    if (!topic->internal) names += (names.empty() ? "" : ",") + net::json_quote(name);
  co_return net::json_response("{\"status\":\"success\",\"topics\":[" + names + "]}");
}

net::task<http_response> get_topic(manager_context& context, http_exchange& exchange) {
  const std::string name(exchange.path_parameter("topic"));
  if (auto may =
          context.authorise(exchange.request, net::operation::describe, {net::resource_kind::topic, name});
      !may)
    co_return net::to_response(may.error());
  static_cast<void>(co_await context.follower.refresh(net::deadline::in_ms(refresh_wait_ms)));
  const auto topic = co_await context.find_topic(name, context.metadata_deadline(exchange));
  if (!topic) co_return net::to_response(topic.error());
  const std::string described = co_await describe_topic(context, **topic, exchange.request_deadline);
  co_return with_version(net::json_response("{\"status\":\"success\",\"topic\":" + described + "}"),
                         (*topic)->version);
}

net::task<http_response> change_topic(manager_context& context, http_exchange& exchange) {
  const std::string name(exchange.path_parameter("topic"));
  if (const auto wrong = net::check_json_content_type(exchange.request, context.component))
    co_return net::to_response(*wrong);
  if (auto may =
          context.authorise(exchange.request, net::operation::alter, {net::resource_kind::topic, name});
      !may)
    co_return net::to_response(may.error());
  net::json_body body = net::json_body::parse(exchange.request.body);
  const auto wanted = body.scalar_members("config");
  if (!body.has("config")) body.refuse("config", "is missing");
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(context.component, *problem));
  const result<topic_config> checked = check_topic_config(wanted);
  if (!checked) co_return net::to_response(context.problem(422, "INVALID_CONFIG", checked.error().message));
  const net::deadline end = context.metadata_deadline(exchange);
  const auto topic = co_await context.find_topic(name, end);
  if (!topic) co_return net::to_response(topic.error());
  const auto changed = co_await context.store.change_topic_config((*topic)->topic_id, *checked, end);
  if (!changed && changed.error().code == error_code::not_found)
    co_return net::to_response(
        context.problem(404, "TOPIC_NOT_FOUND", "topic '" + name + "' was deleted meanwhile"));
  if (!changed) co_return net::to_response(context.from_store(changed.error()));
  static_cast<void>(co_await context.follower.refresh(end));
  const std::string described = co_await describe_topic(context, *changed, exchange.request_deadline);
  co_return with_version(net::json_response("{\"status\":\"success\",\"topic\":" + described + "}"),
                         changed->version);
}

net::task<http_response> delete_topic(manager_context& context, http_exchange& exchange) {
  const std::string name(exchange.path_parameter("topic"));
  if (auto may =
          context.authorise(exchange.request, net::operation::remove, {net::resource_kind::topic, name});
      !may)
    co_return net::to_response(may.error());
  const net::deadline end = context.metadata_deadline(exchange);
  const auto topic = co_await context.find_topic(name, end);
  if (!topic) co_return net::to_response(topic.error());
  const auto deleted = co_await context.store.delete_topic((*topic)->topic_id, end);
  if (!deleted && deleted.error().code == error_code::not_found)
    co_return net::to_response(
        context.problem(404, "TOPIC_NOT_FOUND", "topic '" + name + "' does not exist"));
  if (!deleted) co_return net::to_response(context.from_store(deleted.error()));
  log_info("write_manager", "deleted topic {} ({}), request {}", name, to_string((*topic)->topic_id),
           escape_for_log(exchange.request_id));
  static_cast<void>(co_await context.follower.refresh(end));
  co_return with_version(net::json_response("{\"status\":\"success\"}"), *deleted);
}

net::task<http_response> grow_topic(manager_context& context, http_exchange& exchange) {
  const std::string name(exchange.path_parameter("topic"));
  if (const auto wrong = net::check_json_content_type(exchange.request, context.component))
    co_return net::to_response(*wrong);
  if (auto may =
          context.authorise(exchange.request, net::operation::alter, {net::resource_kind::topic, name});
      !may)
    co_return net::to_response(may.error());
  net::json_body body = net::json_body::parse(exchange.request.body);
  const std::int64_t count = body.integer("count", 1, INT32_MAX);
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(context.component, *problem));
  const auto topic = co_await context.find_topic(name, context.metadata_deadline(exchange));
  if (!topic) co_return net::to_response(topic.error());
  const auto now = static_cast<std::int64_t>((*topic)->partitions.size());
  if (count < now)
    co_return net::to_response(context.problem(
        422, "CANNOT_SHRINK",
        "topic '" + name + "' has " + std::to_string(now) + " partitions; they cannot become fewer"));
  if (count == now) co_return net::json_response("{\"status\":\"success\"}");
  co_return net::to_response(
      context.problem(501, "NOT_IMPLEMENTED", "adding partitions to a topic comes with a later release"));
}

}  // namespace

void add_topic_routes(net::http_router& router, manager_context& context, topic_creator& topics) {
  router.add(
      "POST", "/topics", [&](http_exchange& exchange) { return create_topic(context, topics, exchange); },
      net::query_use::none);
  router.add(
      "GET", "/topics", [&](http_exchange& exchange) { return list_topics(context, exchange); },
      net::query_use::none);
  router.add(
      "GET", "/topics/{topic}", [&](http_exchange& exchange) { return get_topic(context, exchange); },
      net::query_use::none);
  router.add(
      "PATCH", "/topics/{topic}", [&](http_exchange& exchange) { return change_topic(context, exchange); },
      net::query_use::none);
  router.add(
      "DELETE", "/topics/{topic}", [&](http_exchange& exchange) { return delete_topic(context, exchange); },
      net::query_use::none);
  router.add(
      "POST", "/topics/{topic}/partitions",
      [&](http_exchange& exchange) { return grow_topic(context, exchange); }, net::query_use::none);
}

}  // namespace marquee::write_manager
