#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

namespace {

net::http_response removed(bool already) {
  return net::json_response(already ? R"({"status":"success","already":true})" : R"({"status":"success"})");
}

}  // namespace

net::task<net::http_response> handle_delete(services& all, net::http_exchange& exchange) {
  const std::string id(exchange.path_parameter("id"));
  if (auto problem = all.refuse(exchange, net::operation::remove, net::resource_kind::consumer, id))
    co_return to_response(*problem);
  const net::deadline end = services::end_of(exchange, all.options.request_timeout_ms);
  const auto ids = all.cache.ids();
  if (!ids)
    co_return to_response(metadata_unavailable(
        all.component, {error_code::unavailable, "this manager has not read any metadata since it started"}));
  const auto identity = ids->decode(id);
  if (!identity || identity->kind != db::client_kind::consumer)
    co_return to_response(consumer_not_found(all.component, id));

  const result<db::removal> done =
      co_await all.store.delete_consumer(identity->number, all.metadata_end(end));
  if (!done) co_return to_response(metadata_unavailable(all.component, done.error()));
  if (*done == db::removal::unknown) co_return to_response(consumer_not_found(all.component, id));
  all.table.erase(id);
  // The row is what counts; the positions follow, also when an earlier attempt got only so far.
  const db::topic_pointer topic = all.cache.snapshot()->find_topic(identity->topic_id);
  const result<command_outcome> positions =
      co_await all.positions.remove({id, topic ? topic->name : "", identity->topic_id}, end);
  if (!positions)
    co_return to_response(
        brokers_unavailable(all.component, positions.error().message, net::api_outcome::unknown));
  if (const std::string& owner = positions->owner; !owner.empty() && owner != all.positions.self())
    co_await all.forwarder.say_release(owner, id);
  co_return removed(*done == db::removal::already_removed);
}

}  // namespace marquee::read_manager
