#include "tests/unit/write_manager/fake_brokers.h"

namespace marquee::write_manager {

namespace {

template <class Message>
Message through_the_wire(const Message& message) {
  kafka::wire_writer out;
  message.encode(Message::max_version, out);
  kafka::wire_reader in(out.finish().joined());
  return *Message::decode(Message::max_version, in);
}

kafka::produce_response answer_each(
    const kafka::produce_request& request,
    const std::function<void(kafka::produce_response::partition&, std::size_t)>& fill) {
  kafka::produce_response response;
  for (const auto& topic : request.topics) {
    auto& told = response.topics.emplace_back();
    told.name = topic.name;
    for (const auto& partition : topic.partitions) {
      auto& each = told.partitions.emplace_back();
      each.index = partition.index;
      each.marquee.emplace().batches.resize(partition.marquee->batches.size());
      fill(each, partition.marquee->batches.size());
    }
  }
  return response;
}

}  // namespace

kafka::produce_response fake_brokers::stored(const kafka::produce_request& request,
                                             std::int64_t base_offset) {
  return answer_each(request, [&](kafka::produce_response::partition& partition, std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
      partition.marquee->batches[i].base_offset = base_offset + static_cast<std::int64_t>(i) * 100;
      partition.marquee->batches[i].append_time_ms = 1;
    }
    partition.marquee->fsync_us = 7;
  });
}

kafka::produce_response fake_brokers::refused(const kafka::produce_request& request, kafka::kafka_error error,
                                              kafka::marquee_produce_result::outcome_kind kind) {
  return answer_each(request, [&](kafka::produce_response::partition& partition, std::size_t batches) {
    partition.error = error;
    partition.marquee->outcome = kind;
    for (std::size_t i = 0; i < batches; ++i) partition.marquee->batches[i].error = error;
  });
}

net::task<fake_brokers::outcome> fake_brokers::produce(broker_id broker, kafka::produce_request request,
                                                       net::deadline end) {
  requests.push_back(through_the_wire(request));
  const kafka::produce_request seen = requests.back();
  const auto is_held = [&] {
    for (const auto& topic : seen.topics)
      for (const auto& partition : topic.partitions)
        if (partition.index == held_partition) return true;
    return held;
  };
  while (is_held()) {
    const std::uint64_t generation = released.generation();
    if (!is_held()) break;
    if (co_await released.wait(generation, end) == net::wake_reason::deadline_passed)
      co_return outcome{fail(error_code::timed_out, "no answer"), kafka::delivery::maybe_sent};
  }
  outcome told = answer(broker, seen);
  if (told.response) told.response = through_the_wire(*told.response);
  co_return told;
}

}  // namespace marquee::write_manager
