#include "write_manager/produce_handler.h"

#include <algorithm>

#include "net/future.h"
#include "net/json_body.h"

namespace marquee::write_manager {

namespace {

/// The answer has to reach the client before the client gives up.
constexpr std::int64_t answer_margin_ms = 100;

produce_item item_of(const db::topic_row& topic, const planned_partition& planned) {
  return {.topic = topic.name,
          .partition = {topic.topic_id, planned.partition},
          .routing_epoch = topic.routing_epoch,
          .batches = planned.batches};
}

/// The loop stops: whatever was sent may still be stored.
item_outcome not_known(const planned_partition& planned) {
  item_outcome outcome;
  for (const planned_batch& batch : planned.batches)
    outcome.batches.push_back(
        {.messages = std::vector<message_outcome>(
             batch.messages.size(),
             {.problem = message_problem{.status = 503,
                                         .code = "STOPPING",
                                         .text = "this manager stops; retry with the same sequence",
                                         .retriable = true,
                                         .outcome_unknown = true}})});
  return outcome;
}

}  // namespace

produce_handler::produce_handler(manager_context& context, own_producer& own, produce_sender& sender)
    : context_(context),
      own_(own),
      sender_(sender),
      messages_(context.metrics.counter("marquee_write_manager_messages_stored_total",
                                        "Messages stored for HTTP producers, duplicates included")),
      failures_(context.metrics.counter("marquee_write_manager_messages_failed_total",
                                        "Messages of HTTP producers that were not stored")),
      latency_(context.metrics.histogram("marquee_write_manager_produce_us",
                                         "Time of POST /producer/produce in microseconds",
                                         metric_histogram::latency_us_bounds())) {}

net::task<api_result<db::topic_pointer>> produce_handler::find_topic(
    const produce_request& request, const std::optional<db::client_identity>& producer, net::deadline end) {
  auto topic = co_await context_.find_topic(request.topic, end);
  if (!topic) co_return topic;
  // A producer of a topic that this manager has not heard of: the name may belong to a younger topic by now.
  if (!producer || context_.cache.snapshot()->find_topic(producer->topic_id)) co_return topic;
  if (const result<> fresh = co_await context_.follower.refresh(end); !fresh)
    co_return std::unexpected(context_.metadata_unavailable(fresh.error().message));
  co_return co_await context_.find_topic(request.topic, end);
}

api_result<std::int64_t> produce_handler::check_producer(const std::optional<db::client_identity>& identity,
                                                         const db::topic_row& topic) const {
  if (!identity || identity->kind != db::client_kind::producer ||
      context_.cache.producer_deleted(identity->number))
    return std::unexpected(context_.problem(
        404, "PRODUCER_NOT_FOUND", "there is no such producer: register one with POST /producer/register"));
  if (identity->topic_id != topic.topic_id)
    return std::unexpected(context_.problem(403, "PRODUCER_NOT_REGISTERED",
                                            "the producer is registered for another topic than '" +
                                                topic.name + "', or for an older one of that name"));
  return identity->number;
}

net::task<std::vector<item_outcome>> produce_handler::store_all(const db::topic_row& topic,
                                                                const produce_plan& plan, net::deadline end) {
  std::vector<item_outcome> outcomes;
  if (plan.partitions.size() == 1) {
    outcomes.push_back(co_await sender_.store(item_of(topic, plan.partitions.front()), end));
    co_return outcomes;
  }
  std::vector<net::future<item_outcome>> answers;
  for (const planned_partition& planned : plan.partitions) {
    const net::promise<item_outcome> answer;
    answers.push_back(answer.get_future());
    context_.loop.spawn(
        [answer, &sender = sender_, item = item_of(topic, planned), end]() mutable -> net::task<void> {
          answer.set(co_await sender.store(std::move(item), end));
        });
  }
  // `store` ends by itself soon after the deadline, so this does too.
  for (std::size_t i = 0; i < answers.size(); ++i) {
    result<item_outcome> outcome = co_await answers[i].wait();
    outcomes.push_back(outcome ? std::move(*outcome) : not_known(plan.partitions[i]));
  }
  co_return outcomes;
}

net::task<net::http_response> produce_handler::handle(net::http_exchange& exchange) {
  if (const auto wrong = net::check_json_content_type(exchange.request, context_.component))
    co_return net::to_response(*wrong);
  auto request = parse_produce_request(exchange.request.body);
  if (!request) co_return net::to_response(net::bad_request(context_.component, request.error()));
  if (const std::int64_t most = context_.options.limits.messages_most;
      static_cast<std::int64_t>(request->messages.size()) > most)
    co_return net::to_response(context_.problem(
        413, "TOO_MANY_MESSAGES", "a request holds at most " + std::to_string(most) + " messages"));
  exchange.request.body = {};  // its parts have been copied; a large one need not wait with us
  if (auto may = context_.authorise(exchange.request, net::operation::produce,
                                    {net::resource_kind::topic, request->topic});
      !may)
    co_return net::to_response(may.error());
  if (!context_.cache.filled())
    co_return net::to_response(context_.metadata_unavailable("nothing has been read from PostgreSQL yet"));
  const net::deadline end = net::deadline::in_ms(
      std::min(exchange.request_deadline.remaining_ms(), context_.options.request_timeout_ms) -
      answer_margin_ms);
  const std::optional<db::client_identity> identity = context_.cache.ids()->decode(request->producer_id);
  const auto topic =
      co_await find_topic(*request, identity, end.earlier_of(context_.metadata_deadline(exchange)));
  if (!topic) co_return net::to_response(topic.error());
  const auto producer = check_producer(identity, **topic);
  if (!producer) co_return net::to_response(producer.error());
  context_.activity.note({db::client_kind::producer, *producer, (*topic)->topic_id});
  const auto own_id = own_.id();
  if (!request->sequence && !own_id)
    co_return net::to_response(
        context_.metadata_unavailable("this manager has no producer id of its own yet"));

  const plan_identity numbering{.producer_id = request->sequence ? *producer : *own_id,
                                .sequence = request->sequence,
                                .next_turn = [this] { return own_.next_turn(); },
                                .take_sequences =
                                    [this, &topic](partition_id partition, std::int32_t count) {
                                      return own_.take_sequences({(*topic)->topic_id, partition}, count);
                                    }};
  const std::int64_t now_ms = context_.time.wall_ms();
  const produce_plan plan = make_produce_plan(*request, **topic, numbering, context_.options.limits, now_ms);
  const std::vector<item_outcome> outcomes = co_await store_all(**topic, plan, end);
  const auto results = collect_results(*request, plan, outcomes, **topic, now_ms);

  const auto failed =
      std::ranges::count_if(results, [](const message_result& each) { return each.problem.has_value(); });
  failures_.add(static_cast<std::uint64_t>(failed));
  messages_.add(results.size() - static_cast<std::uint64_t>(failed));
  const std::int64_t elapsed_us = exchange.elapsed_us();
  latency_.observe(static_cast<std::uint64_t>(elapsed_us));
  produce_timings timings;
  for (const item_outcome& outcome : outcomes) timings.take_larger(outcome.timings);
  net::http_response response = make_produce_answer(request->shape, results, **topic, context_.component);
  response.headers.set("Server-Timing", server_timing(elapsed_us, timings));
  co_return response;
}

}  // namespace marquee::write_manager
