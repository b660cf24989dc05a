#include "broker/duplicate_check.h"

#include <algorithm>
#include <utility>

#include "broker/stored_records.h"
#include "kafka/record_batch.h"

namespace marquee::broker {

using kafka::kafka_error;
using kafka::marquee_batch_result;

namespace {

/// Offsets, or `reused`, of a part that the table found stored.
result<> add_stored(duplicate_verdict& verdict, const sequence_part& part, const incoming_batch& batch,
                    const raft::group_log& log) {
  const auto first = static_cast<std::int32_t>(verdict.offsets.size());
  const auto records = compare_with_stored(log, batch.data, first, part.count, part.offset);
  if (!records) return fail(records);
  // Differing hashes mean that something differs which is not stored, unless a record does: then no message
  // is the same for certain.
  const bool none_equal = part.what == sequence_part::kind::differs &&
                          (part.count == 1 || std::ranges::all_of(*records, &stored_record::equal));
  record_offset at = part.offset;
  for (const stored_record& record : *records) {
    const bool equal = part.what == sequence_part::kind::same || (record.equal && !none_equal);
    verdict.offsets.push_back(equal ? at.value() : duplicate_verdict::reused);
    verdict.timestamps_ms.push_back(equal ? record.timestamp_ms : -1);
    ++at;
  }
  if (verdict.append_time_ms < 0) verdict.append_time_ms = part.append_time_ms;
  return {};
}

void add_fresh_run(std::vector<kafka::sequence_run>& runs, const sequence_part& part,
                   const kafka::sequence_run& whole) {
  const bool uncut = part.sequence == whole.sequence && part.count == whole.count;
  runs.push_back({part.sequence, part.count, uncut ? whole.hash : unknown_hash});
}

}  // namespace

std::int64_t duplicate_verdict::count_of(std::int64_t mark) const {
  return std::ranges::count(offsets, mark);
}

result<duplicate_verdict> check_duplicates(const incoming_batch& batch, const sequence_table& table,
                                           const raft::group_log& log) {
  duplicate_verdict verdict;
  std::vector<kafka::sequence_run> fresh_runs;
  for (const kafka::sequence_run& run : batch.item.runs) {
    for (const sequence_part& part : table.look_up(batch.item.producer_id, run)) {
      const bool is_fresh = part.what == sequence_part::kind::fresh;
      if (is_fresh || part.what == sequence_part::kind::too_old) {
        const auto count = static_cast<std::size_t>(part.count);
        verdict.offsets.insert(verdict.offsets.end(), count,
                               is_fresh ? duplicate_verdict::fresh : duplicate_verdict::too_old);
        verdict.timestamps_ms.insert(verdict.timestamps_ms.end(), count, -1);
        if (is_fresh) add_fresh_run(fresh_runs, part, run);
      } else if (const result<> added = add_stored(verdict, part, batch, log); !added) {
        return fail(added);
      }
    }
  }
  verdict.rest = batch;
  const std::int64_t fresh = verdict.count_of(duplicate_verdict::fresh);
  if (fresh == 0 || verdict.is_all_fresh()) return verdict;
  std::vector<bool> chosen;
  for (const std::int64_t offset : verdict.offsets) chosen.push_back(offset == duplicate_verdict::fresh);
  verdict.rest.data = shared_bytes::of(cut_batch(batch.data, chosen));
  verdict.rest.correct_max_timestamp = false;
  verdict.rest.item.record_count = static_cast<std::int32_t>(fresh);
  verdict.rest.item.runs = std::move(fresh_runs);
  if (const auto header = kafka::read_batch_header(verdict.rest.data))
    verdict.rest.item.max_timestamp_ms = header->max_timestamp;
  return verdict;
}

namespace {

[[nodiscard]] bool consecutive(const std::vector<std::int64_t>& offsets) {
  for (std::size_t i = 0; i < offsets.size(); ++i)
    if (offsets[i] < 0 || offsets[i] != offsets.front() + static_cast<std::int64_t>(i)) return false;
  return true;
}

}  // namespace

marquee_batch_result describe_duplicates(const duplicate_verdict& verdict, std::int64_t new_base_offset,
                                         std::int64_t new_append_time_ms) {
  marquee_batch_result told;
  const auto all = static_cast<std::int64_t>(verdict.offsets.size());
  const std::int64_t fresh = verdict.count_of(duplicate_verdict::fresh);
  told.append_time_ms = fresh > 0 ? new_append_time_ms : verdict.append_time_ms;
  if (fresh == all) {
    told.base_offset = new_base_offset;
    return told;
  }
  if (verdict.count_of(duplicate_verdict::reused) == all) {
    told.error = kafka_error::duplicate_sequence_number;
    told.message = "SEQUENCE_REUSED: the sequence was used for another message in this partition";
    return told;
  }
  if (verdict.count_of(duplicate_verdict::too_old) == all) {
    told.error = kafka_error::out_of_order_sequence_number;
    told.message =
        "SEQUENCE_TOO_OLD: the sequence is older than what this partition remembers of the producer";
    return told;
  }
  if (consecutive(verdict.offsets)) {
    told.kind = marquee_batch_result::copy::duplicate;
    told.base_offset = verdict.offsets.front();
    told.timestamps_ms = verdict.timestamps_ms;
    return told;
  }
  told.kind = marquee_batch_result::copy::mixed;
  told.base_offset = fresh > 0 ? new_base_offset : -1;
  told.timestamps_ms = verdict.timestamps_ms;
  std::int64_t next = new_base_offset;
  for (const std::int64_t offset : verdict.offsets)
    told.offsets.push_back(offset == duplicate_verdict::fresh ? next++ : offset);
  return told;
}

}  // namespace marquee::broker
