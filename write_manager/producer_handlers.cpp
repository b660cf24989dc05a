#include "write_manager/producer_handlers.h"

#include "net/http_router.h"
#include "net/json_body.h"
#include "write_manager/topic_config_policy.h"

namespace marquee::write_manager {

using net::http_exchange;
using net::http_response;

namespace {

struct wanted_topic {
  db::topic_pointer topic;
  bool created = false;
};

net::task<api_result<wanted_topic>> find_or_create(manager_context& context, topic_creator& topics,
                                                   std::string name, net::deadline end) {
  api_result<db::topic_pointer> topic = co_await context.find_topic(name, end);
  if (topic) co_return wanted_topic{*topic, false};
  if (topic.error().code != "TOPIC_NOT_FOUND") co_return std::unexpected(topic.error());
  if (const std::string wrong = problem_with_topic_name(name); !wrong.empty())
    co_return std::unexpected(context.problem(422, "INVALID_TOPIC", wrong));
  topic = co_await topics.create_for_producer(std::move(name), end);
  if (!topic) co_return std::unexpected(topic.error());
  co_return wanted_topic{*topic, true};
}

net::task<http_response> register_producer(manager_context& context, topic_creator& topics,
                                           http_exchange& exchange) {
  if (const auto wrong = net::check_json_content_type(exchange.request, context.component))
    co_return net::to_response(*wrong);
  net::json_body body = net::json_body::parse(exchange.request.body);
  const std::string name = body.text("topic");
  if (const auto problem = body.finish())
    co_return net::to_response(net::bad_request(context.component, *problem));
  if (auto may =
          context.authorise(exchange.request, net::operation::produce, {net::resource_kind::topic, name});
      !may)
    co_return net::to_response(may.error());
  const net::deadline end = context.metadata_deadline(exchange);
  const auto wanted = co_await find_or_create(context, topics, name, end);
  if (!wanted) co_return net::to_response(wanted.error());
  const db::topic_pointer topic = wanted->topic;
  const auto number = co_await context.store.register_producer(topic->topic_id, end);
  if (!number && number.error().code == error_code::not_found)
    co_return net::to_response(
        context.problem(404, "TOPIC_NOT_FOUND", "topic '" + name + "' was deleted meanwhile"));
  if (!number) co_return net::to_response(context.from_store(number.error()));
  // So that the first message need not wait for the first election; if that takes long, it waits and not the
  // registration.
  if (wanted->created)
    static_cast<void>(co_await topics.wait_for_leaders(
        *topic, exchange.request_deadline.earlier_of(net::deadline::in_ms(context.options.create_wait_ms))));
  const db::client_identity identity{db::client_kind::producer, *number, topic->topic_id};
  context.activity.note(identity);
  const std::string id = context.cache.ids()->encode(identity);
  http_response response =
      net::json_response("{\"status\":\"success\",\"producer_id\":" + net::json_quote(id) + "}", 201);
  response.headers.set("X-Metadata-Version", std::to_string(topic->version));
  co_return response;
}

net::task<http_response> remove_producer(manager_context& context, http_exchange& exchange) {
  const std::string id(exchange.path_parameter("id"));
  if (auto may =
          context.authorise(exchange.request, net::operation::remove, {net::resource_kind::producer, id});
      !may)
    co_return net::to_response(may.error());
  const auto ids = context.cache.ids();
  if (!ids)
    co_return net::to_response(context.metadata_unavailable("nothing has been read from PostgreSQL yet"));
  const net::api_error not_found =
      context.problem(404, "PRODUCER_NOT_FOUND", "there is no producer of that id");
  const auto identity = ids->decode(id);
  if (!identity || identity->kind != db::client_kind::producer) co_return net::to_response(not_found);
  const net::deadline end = context.metadata_deadline(exchange);
  const auto removed = co_await context.store.delete_producer(identity->number, end);
  if (!removed) co_return net::to_response(context.from_store(removed.error()));
  if (*removed == db::removal::unknown) co_return net::to_response(not_found);
  static_cast<void>(co_await context.follower.refresh(end));
  co_return net::json_response(*removed == db::removal::removed
                                   ? "{\"status\":\"success\"}"
                                   : "{\"status\":\"success\",\"already\":true}");
}

}  // namespace

void add_producer_routes(net::http_router& router, manager_context& context, topic_creator& topics) {
  router.add(
      "POST", "/producer/register",
      [&](http_exchange& exchange) { return register_producer(context, topics, exchange); },
      net::query_use::none);
  router.add(
      "DELETE", "/producer/{id}", [&](http_exchange& exchange) { return remove_producer(context, exchange); },
      net::query_use::none);
}

}  // namespace marquee::write_manager
