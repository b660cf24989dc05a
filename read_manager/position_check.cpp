#include "read_manager/position_check.h"

#include "read_manager/api_errors.h"

namespace marquee::read_manager {

namespace {
constexpr std::size_t most_positions = 10'000;
/// How long what a fetch told about a log is taken for true: retention may remove its beginning.
constexpr std::int64_t fresh_us = 1'000'000;
}  // namespace

position_map read_positions(net::json_body& body) {
  position_map positions;
  for (net::json_body& item : body.objects("positions", most_positions)) {
    const auto partition = static_cast<std::int32_t>(item.integer("partition", 0, INT32_MAX));
    const std::int64_t offset = item.integer("offset", 0, INT64_MAX);
    if (!positions.emplace(partition, offset).second)
      item.refuse("partition", "partition " + std::to_string(partition) + " is named twice");
  }
  if (positions.empty()) body.refuse("positions", "'positions' must be a list of at least one position");
  return positions;
}

net::task<std::optional<net::api_error>> check_positions(services& all, consumer_pointer consumer,
                                                         position_map positions, net::deadline end) {
  partition_set unsure{consumer->who.topic, consumer->who.topic_id, {}};
  for (const auto& [number, offset] : positions) {
    const partition_buffer* partition = consumer->session.partition(number);
    if (partition == nullptr)
      co_return invalid_position(all.component, "topic '" + consumer->who.topic + "' has no partition " +
                                                    std::to_string(number) + "; it has partitions 0 to " +
                                                    std::to_string(consumer->session.partition_count() - 1));
    const bool fresh =
        consumer->traffic[static_cast<std::size_t>(number)].answered_us > all.time.monotonic_us() - fresh_us;
    const bool inside = fresh && partition->log_start() && partition->high_watermark() &&
                        offset >= *partition->log_start() && offset <= *partition->high_watermark();
    if (!inside) unsure.partitions.push_back(number);
  }
  if (unsure.partitions.empty()) co_return std::nullopt;
  const result<position_map> first = co_await all.offsets.offsets(unsure, kafka::earliest_timestamp, end);
  if (!first) co_return brokers_unavailable(all.component, first.error().message, net::api_outcome::definite);
  const result<position_map> last = co_await all.offsets.offsets(unsure, kafka::latest_timestamp, end);
  if (!last) co_return brokers_unavailable(all.component, last.error().message, net::api_outcome::definite);
  for (const std::int32_t number : unsure.partitions) {
    const std::int64_t offset = positions.at(number);
    if (offset < first->at(number) || offset > last->at(number))
      co_return invalid_position(all.component, "offset " + std::to_string(offset) +
                                                    " is outside partition " + std::to_string(number) +
                                                    ", which runs from " + std::to_string(first->at(number)) +
                                                    " to " + std::to_string(last->at(number)));
  }
  co_return std::nullopt;
}

}  // namespace marquee::read_manager
