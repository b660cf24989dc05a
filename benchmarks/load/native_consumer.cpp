#include "benchmarks/load/native_consumer.h"

#include <array>
#include <stdexcept>

namespace marquee::load {

native_consumer::native_consumer(const native_options& options, std::vector<std::int32_t> partitions,
                                 place from)
    : options_(options),
      partitions_(std::move(partitions)),
      client_(make_consumer(options)),
      topic_(open_topic(client_, options)),
      queue_(rd_kafka_queue_new(client_.get())) {
  // All ends first: a question waits behind the long poll of the partitions that are read already.
  for (const std::int32_t partition : partitions_) {
    stored_range& stored = stored_[partition];
    const auto problem = rd_kafka_query_watermark_offsets(client_.get(), options.load.topic.c_str(),
                                                          partition, &stored.first, &stored.end, 10'000);
    if (problem != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error(std::string("the ends of a partition are not known: ") +
                               rd_kafka_err2str(problem));
  }
  for (const std::int32_t partition : partitions_) {
    const stored_range& stored = stored_[partition];
    // A number, not "the end": what is produced from here on must not be missed.
    const std::int64_t offset = from == place::end ? stored.end : stored.first;
    if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, queue_.get()) != 0)
      throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
  }
}

native_consumer::~native_consumer() {
  for (const std::int32_t partition : partitions_) rd_kafka_consume_stop(topic_.get(), partition);
}

void native_consumer::run(load_figures& figures, steady::time_point until, const record_callback& due_of,
                          const std::function<bool()>& is_done) {
  std::array<rd_kafka_message_t*, 1000> messages{};
  while (steady::now() < until && !is_done()) {
    const auto asked = steady::now();
    const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 10, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) {
      take(figures, *messages[static_cast<std::size_t>(i)], due_of, asked);
      rd_kafka_message_destroy(messages[static_cast<std::size_t>(i)]);
    }
    rd_kafka_poll(client_.get(), 0);
  }
}

void native_consumer::take(load_figures& figures, const rd_kafka_message_t& message,
                           const record_callback& due_of, steady::time_point asked) {
  const auto now = steady::now();
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    figures.failed(now, rd_kafka_err2name(message.err));
    return;
  }
  const std::int64_t end = stored_[message.partition].end;
  // What came after reading began, and was on its way here when the partition began again.
  if (options_.rewinds && message.offset >= end) return;
  if (const char* const wrong = offsets_.add(message.partition, message.offset)) figures.failed(now, wrong);
  figures.answered(due_of(message).value_or(asked), now, 1, static_cast<std::int64_t>(message.len));
  // Not when the broker says that there is no more: it waits for more before that.
  if (options_.rewinds && message.offset + 1 == end) begin_again(figures, message.partition);
}

void native_consumer::begin_again(load_figures& figures, std::int32_t partition) {
  rd_kafka_consume_stop(topic_.get(), partition);
  offsets_.forget(partition);
  figures.noted("rewinds");
  if (rd_kafka_consume_start_queue(topic_.get(), partition, stored_[partition].first, queue_.get()) != 0)
    figures.failed(steady::now(), rd_kafka_err2name(rd_kafka_last_error()));
}

}  // namespace marquee::load
