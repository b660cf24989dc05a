#include "broker/produce_checks.h"

#include <utility>

#include "kafka/batch_validation.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int32_t managers_batch_bytes_most = 32 << 20;
constexpr std::int16_t first_version_with_zstd = 7;
/// How many times its largest compressed size a batch may have when it is decompressed (DESIGN D2).
constexpr std::size_t most_growth = 8;
constexpr std::int64_t largest_sequence = (std::int64_t{1} << 53) - 1;

checked_produce refuse(kafka_error error, std::string message) {
  return {.order = nullptr, .error = error, .message = std::move(message), .record_indexes = {}};
}

/// Runs go up, do not overlap, and cover the batch's records.
bool runs_fit(const kafka::batch_identity& identity, std::int32_t record_count) {
  std::int64_t covered = 0;
  std::int64_t next = 0;
  for (const kafka::sequence_run& run : identity.runs) {
    if (run.sequence < next || run.count <= 0 || run.sequence > largest_sequence - run.count + 1)
      return false;
    next = run.sequence + run.count;
    covered += run.count;
  }
  return identity.producer_id >= 0 && covered == record_count;
}

incoming_batch make_incoming(const kafka::checked_batch& checked, const kafka::batch_identity* identity) {
  incoming_batch batch;
  batch.data = checked.data;
  batch.correct_max_timestamp = checked.max_timestamp_ms != checked.header.max_timestamp;
  batch.item.length = static_cast<std::uint32_t>(checked.data.size());
  batch.item.record_count = checked.header.record_count;
  batch.item.max_timestamp_ms = checked.max_timestamp_ms;
  if (identity != nullptr) {
    batch.item.producer_id = identity->producer_id;
    batch.item.runs = identity->runs;
  } else if (checked.header.producer_id >= 0) {
    batch.item.producer_id = checked.header.producer_id;
    batch.item.producer_epoch = checked.header.producer_epoch;
    batch.item.base_sequence = checked.header.base_sequence;
  }
  return batch;
}

}  // namespace

checked_produce check_produce(const kafka::produce_request::partition& asked, const topic_metadata& topic,
                              std::int16_t version) {
  kafka::batch_rules rules;
  rules.max_batch_bytes = topic.max_message_bytes();
  rules.max_decompressed_bytes = most_growth * static_cast<std::size_t>(topic.max_message_bytes());
  if (version < first_version_with_zstd) rules.zstd = kafka::batch_rules::zstd_batches::refused;
  if (asked.marquee) {
    rules.allowed = kafka::batch_rules::batches::several;
    rules.max_batch_bytes = managers_batch_bytes_most;
  }
  const shared_bytes records = asked.records ? asked.records->joined() : shared_bytes();
  kafka::batch_verdict verdict = kafka::validate_batches(records, rules);
  if (verdict.error != kafka_error::none) {
    checked_produce bad = refuse(verdict.error, std::move(verdict.message));
    bad.record_indexes = std::move(verdict.record_indexes);
    return bad;
  }
  if (asked.marquee && asked.marquee->batches.size() != verdict.batches.size())
    return refuse(kafka_error::invalid_request, "the tagged field describes another number of batches");
  checked_produce checked{.order = std::make_shared<produce_order>(), .message = {}, .record_indexes = {}};
  checked.order->timestamps = topic.timestamps();
  for (std::size_t i = 0; i < verdict.batches.size(); ++i) {
    const kafka::batch_identity* identity = asked.marquee ? &asked.marquee->batches[i] : nullptr;
    // A batch of a manager without runs is not deduplicated, as one of a foreign client without idempotence.
    if (identity != nullptr && identity->runs.empty()) identity = nullptr;
    if (identity != nullptr && !runs_fit(*identity, verdict.batches[i].header.record_count))
      return refuse(kafka_error::invalid_request, "the sequence runs of a batch do not cover its records");
    checked.order->batches.push_back(make_incoming(verdict.batches[i], identity));
  }
  return checked;
}

}  // namespace marquee::broker
