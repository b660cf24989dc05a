#include <algorithm>

#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

namespace {

/// Messages from the reading position to the high watermark, without those that retention has removed.
net::task<std::optional<net::http_response>> size_here(services& all, consumer_pointer consumer,
                                                       net::deadline end) {
  note_use(all, *consumer);
  const partition_set partitions = consumer->all_partitions();
  const result<position_map> first = co_await all.offsets.offsets(partitions, kafka::earliest_timestamp, end);
  const result<position_map> last =
      first ? co_await all.offsets.offsets(partitions, kafka::latest_timestamp, end)
            : result<position_map>(fail(first));
  if (!last)
    co_return to_response(
        brokers_unavailable(all.component, last.error().message, net::api_outcome::definite));
  if (consumer->lost) co_return std::nullopt;
  std::int64_t size = 0;
  for (const auto& [partition, position] : consumer->session.reading_positions()) {
    const auto log_end = last->find(partition);
    if (log_end == last->end()) continue;  // it came while the others were asked
    size += std::max<std::int64_t>(0, log_end->second - std::max(position, first->at(partition)));
  }
  net::http_response answer =
      net::json_response(R"({"status":"success","size":)" + std::to_string(size) + "}");
  answer.headers.add("Cache-Control", "no-store");
  co_return answer;
}

}  // namespace

net::task<net::http_response> handle_size(services& all, net::http_exchange& exchange) {
  net::json_body query = net::json_body::from_query(exchange.request);
  const std::string topic = query.text("topic");
  const std::string id = query.text("consumer_id");
  if (auto problem = query.finish()) co_return to_response(net::bad_request(all.component, *problem));
  const net::deadline end = services::end_of(exchange, all.options.request_timeout_ms);
  const auto work = [&](consumer_pointer consumer) { return size_here(all, std::move(consumer), end); };
  co_return co_await serve_owned(
      all, exchange, {id, topic, net::operation::describe}, end, work,
      brokers_unavailable(all.component, "no manager could answer for the consumer in time",
                          net::api_outcome::definite));
}

}  // namespace marquee::read_manager
