#include "write_manager/produce_batcher.h"

#include <algorithm>
#include <iterator>
#include <list>
#include <set>
#include <span>
#include <utility>

#include "net/event_loop.h"

namespace marquee::write_manager {

namespace {

struct waiting_item {
  std::shared_ptr<const produce_item> item;
  net::deadline end = net::deadline::never();
  net::promise<item_answer> answer;
  std::shared_ptr<bool> shipped = std::make_shared<bool>(false);
};

/// What goes into one request, and where each item's batches are in it.
struct shipment {
  kafka::produce_request request;
  std::vector<waiting_item> items;
  std::set<group_id> partitions;
  net::deadline end = net::deadline::in_ms(0);
};

/// A request of the shared lane that is under way.
struct voyage {
  std::set<group_id> partitions;
  net::deadline alone_until = net::deadline::never();
  net::deadline slow_from = net::deadline::never();
  bool slow = false;
};

/// Nothing: a request of one slow partition.
using voyage_place = std::optional<std::list<voyage>::iterator>;

struct lane {
  std::deque<waiting_item> waiting;
  std::int64_t waiting_bytes = 0;
  std::int64_t in_flight = 0;

  void push(waiting_item item) {
    waiting_bytes += item.item->bytes();
    waiting.push_back(std::move(item));
  }
  waiting_item pop() {
    waiting_item next = std::move(waiting.front());
    waiting.pop_front();
    waiting_bytes -= next.item->bytes();
    return next;
  }
};

struct broker_queue {
  lane shared;                     ///< `in_flight` without the slow ones
  std::map<group_id, lane> alone;  ///< of slow partitions
  std::map<group_id, int> slow;    ///< in so many slow requests
  std::list<voyage> voyages;
  std::size_t slow_in_flight = 0;
  bool watched = false;

  [[nodiscard]] lane& lane_of(const group_id& partition) {
    const auto found = alone.find(partition);
    return found == alone.end() ? shared : found->second;
  }
};

item_answer no_answer(error_code code, std::string message, kafka::delivery sent) {
  return {fail(code, std::move(message)), sent};
}

kafka::produce_request::partition& partition_in(kafka::produce_request& request, const produce_item& item) {
  auto topic = std::ranges::find(request.topics, item.topic, &kafka::produce_request::topic::name);
  if (topic == request.topics.end()) topic = request.topics.insert(topic, {item.topic, {}});
  const std::int32_t index = item.partition.partition.value();
  auto partition = std::ranges::find(topic->partitions, index, &kafka::produce_request::partition::index);
  if (partition != topic->partitions.end()) return *partition;
  auto& made = topic->partitions.emplace_back();
  made.index = index;
  made.records.emplace();
  made.marquee.emplace().routing_epoch = item.routing_epoch;
  return made;
}

kafka::produce_response::partition* partition_of(kafka::produce_response& response,
                                                 const produce_item& item) {
  for (auto& topic : response.topics) {
    if (topic.name != item.topic) continue;
    for (auto& partition : topic.partitions)
      if (partition.index == item.partition.partition.value()) return &partition;
  }
  return nullptr;
}

/// The item's own part of its partition's answer: its batches are `first` and those after it. `whole` is
/// without its batches, of which there may be many that belong to others.
kafka::produce_response::partition part_of(const kafka::produce_response::partition& whole,
                                           std::span<kafka::marquee_batch_result> batches, std::size_t first,
                                           std::size_t count) {
  kafka::produce_response::partition part = whole;
  if (part.marquee && first + count <= batches.size()) {
    const auto own = batches.subspan(first, count);
    part.marquee->batches.assign(std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  }
  return part;
}

/// The batches of one partition that are still to be handed to their items.
struct settling {
  std::vector<kafka::marquee_batch_result> batches;
  std::size_t next = 0;
};

void settle(std::vector<waiting_item>& items, kafka::call_outcome<kafka::produce_response> outcome) {
  std::map<group_id, settling> all;
  for (waiting_item& waiting : items) {
    const auto [place, is_new] = all.try_emplace(waiting.item->partition);
    settling& own = place->second;
    const std::size_t count = waiting.item->batches.size();
    auto* const partition = outcome.response ? partition_of(*outcome.response, *waiting.item) : nullptr;
    if (is_new && partition != nullptr && partition->marquee)
      own.batches = std::exchange(partition->marquee->batches, {});
    if (!outcome.response)
      waiting.answer.set(item_answer{fail(outcome.response), outcome.sent});
    else if (partition != nullptr)
      waiting.answer.set(item_answer{part_of(*partition, own.batches, own.next, count), outcome.sent});
    else
      waiting.answer.set(
          no_answer(error_code::corrupt, "the broker's answer leaves a partition out", outcome.sent));
    own.next += count;
  }
}

}  // namespace

std::int64_t produce_item::bytes() const {
  std::int64_t total = 0;
  for (const planned_batch& batch : batches) total += static_cast<std::int64_t>(batch.records.size());
  return total;
}

struct produce_batcher::state : std::enable_shared_from_this<produce_batcher::state> {
  state(net::event_loop& on, broker_link& to, produce_batcher_options with, metrics_registry& metrics)
      : loop(on),
        brokers(to),
        options(with),
        requests(metrics.counter("marquee_write_manager_produce_requests_total",
                                 "Produce requests sent to brokers")),
        batches_per_request(metrics.histogram("marquee_write_manager_batches_per_request",
                                              "Client batches that shared one Produce request",
                                              metric_histogram::batch_size_bounds())),
        queued(metrics.gauge("marquee_write_manager_queued_bytes", "Bytes that wait for a Produce request")) {
  }

  net::event_loop& loop;
  broker_link& brokers;
  produce_batcher_options options;
  std::map<broker_id, broker_queue> queues;
  std::int64_t queued_bytes = 0;
  metric_counter& requests;
  metric_histogram& batches_per_request;
  metric_gauge& queued;

  void take_off(const waiting_item& waiting) {
    queued_bytes -= waiting.item->bytes();
    queued.set(queued_bytes);
  }

  /// Takes as much from a lane as fits into a request.
  shipment load(lane& queue) {
    shipment made;
    std::int64_t size = 0;
    std::uint64_t batches = 0;
    while (!queue.waiting.empty() &&
           (size == 0 || size + queue.waiting.front().item->bytes() <= options.request_bytes)) {
      waiting_item next = queue.pop();
      take_off(next);
      if (next.end.passed()) {
        next.answer.set(
            no_answer(error_code::timed_out, "no time was left to send it", kafka::delivery::not_sent));
        continue;
      }
      auto& partition = partition_in(made.request, *next.item);
      for (const planned_batch& batch : next.item->batches) {
        partition.records->append(batch.records);
        partition.marquee->batches.push_back(batch.identity);
        ++batches;
      }
      *next.shipped = true;
      made.partitions.insert(next.item->partition);
      size += next.item->bytes();
      if (made.end.when() < next.end.when()) made.end = next.end;
      made.items.push_back(std::move(next));
    }
    if (batches > 0) batches_per_request.observe(batches);
    return made;
  }

  /// Lets go of requests that take too long, and takes their partitions out of the shared lane.
  void note_slow(broker_queue& queue) {
    for (voyage& each : queue.voyages) {
      if (each.slow || !each.slow_from.passed() || queue.slow_in_flight >= options.slow_lanes_most) continue;
      each.slow = true;
      --queue.shared.in_flight;
      ++queue.slow_in_flight;
      for (const group_id& partition : each.partitions) {
        ++queue.slow[partition];
        queue.alone.try_emplace(partition);
      }
    }
    if (queue.alone.empty()) return;
    lane stay;
    stay.in_flight = queue.shared.in_flight;
    while (!queue.shared.waiting.empty()) {
      waiting_item next = queue.shared.pop();
      const auto own = queue.alone.find(next.item->partition);
      (own == queue.alone.end() ? stay : own->second).push(std::move(next));
    }
    queue.shared = std::move(stay);
  }

  [[nodiscard]] bool may_send(const broker_queue& queue) const {
    const lane& shared = queue.shared;
    if (shared.waiting.empty() || shared.in_flight >= options.requests_in_flight) return false;
    if (shared.in_flight == 0 || shared.waiting_bytes >= options.joining_bytes) return true;
    return std::ranges::all_of(queue.voyages,
                               [](const voyage& each) { return each.slow || each.alone_until.passed(); });
  }

  void pump(broker_id broker) {
    broker_queue& queue = queues[broker];
    while (may_send(queue)) {
      shipment next = load(queue.shared);
      if (next.items.empty()) continue;
      ++queue.shared.in_flight;
      queue.voyages.push_back({.partitions = next.partitions,
                               .alone_until = net::deadline::in_ms(options.alone_at_most_ms),
                               .slow_from = net::deadline::in_ms(options.slow_after_ms)});
      set_sail(broker, std::move(next), std::prev(queue.voyages.end()));
    }
    std::erase_if(queue.alone, [&](const auto& each) {
      const auto& [partition, own] = each;
      return own.in_flight == 0 && own.waiting.empty() && !queue.slow.contains(partition);
    });
    // A request may end before `set_sail` returns, and this be called from within itself.
    std::vector<group_id> waiting;
    for (const auto& [partition, own] : queue.alone)
      if (!own.waiting.empty()) waiting.push_back(partition);
    for (const group_id& partition : waiting) pump_alone(broker, partition);
    if (!queue.shared.waiting.empty() && !std::exchange(queue.watched, true))
      loop.spawn([self = shared_from_this(), broker] { return watch(self, broker); });
  }

  void pump_alone(broker_id broker, const group_id& partition) {
    broker_queue& queue = queues[broker];
    const auto found = queue.alone.find(partition);
    if (found == queue.alone.end() || found->second.in_flight > 0) return;
    while (!found->second.waiting.empty() && queue.slow_in_flight < options.slow_lanes_most) {
      shipment next = load(found->second);
      if (next.items.empty()) continue;
      ++found->second.in_flight;
      ++queue.slow_in_flight;
      return set_sail(broker, std::move(next), std::nullopt);
    }
  }

  void set_sail(broker_id broker, shipment cargo, voyage_place place) {
    loop.spawn([self = shared_from_this(), broker, cargo = std::move(cargo), place]() mutable {
      return ship(std::move(self), broker, std::move(cargo), place);
    });
  }

  /// Something waits behind requests that may take long.
  static net::task<void> watch(std::shared_ptr<state> self, broker_id broker) {
    broker_queue& queue = self->queues[broker];
    while (!queue.shared.waiting.empty()) {
      co_await net::sleep_ms(std::min(self->options.alone_at_most_ms, self->options.slow_after_ms / 2));
      self->note_slow(queue);
      self->pump(broker);
    }
    queue.watched = false;
  }

  void arrived(broker_queue& queue, const shipment& cargo, voyage_place place) {
    if (!place) {
      --queue.alone.at(*cargo.partitions.begin()).in_flight;
      --queue.slow_in_flight;
      return;
    }
    if ((*place)->slow) {
      --queue.slow_in_flight;
      for (const group_id& partition : (*place)->partitions)
        if (--queue.slow.at(partition) == 0) queue.slow.erase(partition);
    } else {
      --queue.shared.in_flight;
    }
    queue.voyages.erase(*place);
  }

  static net::task<void> ship(std::shared_ptr<state> self, broker_id broker, shipment cargo,
                              voyage_place place) {
    const std::int64_t left_ms = std::min<std::int64_t>(cargo.end.remaining_ms(), 600'000);
    const std::int64_t most_ms = cargo.partitions.size() > 1 ? self->options.shared_timeout_ms : left_ms;
    cargo.request.acks = -1;
    cargo.request.timeout_ms = static_cast<std::int32_t>(
        std::max<std::int64_t>(1, std::min(most_ms, left_ms - self->options.answer_margin_ms)));
    self->requests.add();
    auto outcome = co_await self->brokers.produce(broker, std::move(cargo.request), cargo.end);
    self->arrived(self->queues[broker], cargo, place);
    settle(cargo.items, std::move(outcome));
    self->pump(broker);
  }
};

produce_batcher::produce_batcher(net::event_loop& loop, broker_link& brokers, produce_batcher_options options,
                                 metrics_registry& metrics)
    : state_(std::make_shared<state>(loop, brokers, options, metrics)) {}

produce_batcher::~produce_batcher() = default;

net::task<item_answer> produce_batcher::send(broker_id broker, std::shared_ptr<const produce_item> item,
                                             net::deadline end) {
  const std::shared_ptr<state> self = state_;
  if (self->queued_bytes + item->bytes() > self->options.queued_bytes_most)
    co_return no_answer(error_code::overloaded, "too many bytes wait to be sent to brokers",
                        kafka::delivery::not_sent);
  waiting_item waiting{.item = std::move(item), .end = end, .answer = {}};
  const std::shared_ptr<const bool> shipped = waiting.shipped;
  net::future<item_answer> answer = waiting.answer.get_future();
  self->queued_bytes += waiting.item->bytes();
  self->queued.set(self->queued_bytes);
  broker_queue& queue = self->queues[broker];
  queue.lane_of(waiting.item->partition).push(std::move(waiting));
  self->pump(broker);
  // The batcher answers at the deadline itself; the margin covers the way back.
  result<item_answer> outcome =
      co_await answer.wait(end.is_never() ? end : net::deadline::in_ms(end.remaining_ms() + 50));
  // What is still in the queue at its deadline never leaves it.
  if (!outcome)
    co_return no_answer(error_code::timed_out, "the broker has not answered in time",
                        *shipped ? kafka::delivery::maybe_sent : kafka::delivery::not_sent);
  co_return std::move(*outcome);
}

}  // namespace marquee::write_manager
