#include "broker/idempotence_table.h"

namespace marquee::broker {

namespace {

[[nodiscard]] bool follows(std::int32_t last, std::int32_t first) {
  return static_cast<std::int32_t>((std::int64_t{last} + 1) & 0x7fffffff) == first;
}

[[nodiscard]] idempotence_verdict refused(kafka::kafka_error error) {
  return {.what = idempotence_verdict::kind::refuse, .error = error};
}

}  // namespace

void idempotence_table::apply(std::int64_t producer, const idempotent_batch& batch, record_offset base_offset,
                              std::int64_t append_time_ms) {
  advance_time(append_time_ms);
  auto found = producers_.find(producer);
  if (found == producers_.end()) {
    found = producers_.emplace(producer, producer_state{}).first;
    found->second.place = by_activity_.insert(by_activity_.end(), producer);
  } else {
    by_activity_.splice(by_activity_.end(), by_activity_, found->second.place);
  }
  producer_state& state = found->second;
  if (state.epoch != batch.epoch) state.newest.clear();
  state.epoch = batch.epoch;
  if (state.newest.size() == batches_kept) state.newest.erase(state.newest.begin());
  state.newest.push_back({batch, base_offset, append_time_ms});
  state.last_append_ms = append_time_ms;
}

void idempotence_table::advance_time(std::int64_t append_time_ms) {
  while (!by_activity_.empty()) {
    const auto quietest = producers_.find(by_activity_.front());
    if (append_time_ms - quietest->second.last_append_ms < expiry_ms) return;
    producers_.erase(quietest);
    by_activity_.pop_front();
  }
}

const idempotence_table::producer_state* idempotence_table::find(std::int64_t producer,
                                                                 std::int64_t now_ms) const {
  const auto found = producers_.find(producer);
  if (found == producers_.end() || now_ms - found->second.last_append_ms >= expiry_ms) return nullptr;
  return &found->second;
}

idempotence_verdict idempotence_table::check(std::int64_t producer, const idempotent_batch& incoming,
                                             std::span<const idempotent_batch> pending,
                                             std::int64_t now_ms) const {
  const producer_state* applied = find(producer, now_ms);
  if (applied == nullptr && pending.empty()) return {};
  const idempotent_batch& last = pending.empty() ? applied->newest.back().batch : pending.back();
  if (incoming.epoch < last.epoch) return refused(kafka::kafka_error::invalid_producer_epoch);
  // Of another epoch than the last one no batch is remembered; equal batches have equal epochs.
  for (std::size_t i = 0; i < pending.size(); ++i)
    if (pending[i] == incoming) return {.what = idempotence_verdict::kind::pending_duplicate, .pending = i};
  if (applied != nullptr)
    for (const stored_batch& stored : applied->newest)
      if (stored.batch == incoming)
        return {.what = idempotence_verdict::kind::duplicate,
                .base_offset = stored.base_offset,
                .append_time_ms = stored.append_time_ms};
  const bool in_order = incoming.epoch > last.epoch ? incoming.first_sequence == 0
                                                    : follows(last.last_sequence(), incoming.first_sequence);
  if (!in_order) return refused(kafka::kafka_error::out_of_order_sequence_number);
  return {};
}

void idempotence_table::encode(byte_writer& out) const {
  out.put_uvarint(by_activity_.size());
  for (const std::int64_t producer : by_activity_) {
    const producer_state& state = producers_.at(producer);
    out.put(producer);
    out.put(state.epoch);
    out.put(state.last_append_ms);
    out.put(static_cast<std::uint8_t>(state.newest.size()));
    for (const stored_batch& stored : state.newest) {
      out.put(stored.batch.first_sequence);
      out.put(stored.batch.record_count);
      out.put(stored.base_offset.value());
      out.put(stored.append_time_ms);
    }
  }
}

result<> idempotence_table::decode(byte_reader& in) {
  producers_.clear();
  by_activity_.clear();
  for (std::uint64_t left = in.get_uvarint(); left > 0 && !in.failed(); --left) {
    const auto producer = in.get<std::int64_t>();
    producer_state state;
    state.epoch = in.get<std::int16_t>();
    state.last_append_ms = in.get<std::int64_t>();
    const auto count = in.get<std::uint8_t>();
    if (count == 0 || count > batches_kept) in.fail();
    for (std::uint8_t i = 0; i < count && !in.failed(); ++i) {
      stored_batch stored;
      stored.batch.epoch = state.epoch;
      stored.batch.first_sequence = in.get<std::int32_t>();
      stored.batch.record_count = in.get<std::int32_t>();
      stored.base_offset = record_offset(in.get<std::int64_t>());
      stored.append_time_ms = in.get<std::int64_t>();
      state.newest.push_back(stored);
    }
    if (in.failed() || producers_.contains(producer)) {
      in.fail();
      break;
    }
    state.place = by_activity_.insert(by_activity_.end(), producer);
    producers_.emplace(producer, std::move(state));
  }
  if (in.failed()) return fail(error_code::corrupt, "the table of idempotent producers cannot be read");
  return {};
}

}  // namespace marquee::broker
