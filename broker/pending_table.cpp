#include "broker/pending_table.h"

namespace marquee::broker {

namespace {

[[nodiscard]] bool overlap(const kafka::sequence_run& a, const kafka::sequence_run& b) {
  return a.sequence < b.sequence + b.count && b.sequence < a.sequence + a.count;
}

[[nodiscard]] bool overlap(const std::vector<kafka::sequence_run>& a,
                           const std::vector<kafka::sequence_run>& b) {
  for (const kafka::sequence_run& one : a)
    for (const kafka::sequence_run& other : b)
      if (overlap(one, other)) return true;
  return false;
}

}  // namespace

void pending_table::add(append_id id, const batch_item& item) {
  if (item.is_sequenced())
    producers_[item.producer_id].push_back({id, item.runs, {}});
  else if (item.is_idempotent())
    producers_[item.producer_id].push_back(
        {id, {}, {item.producer_epoch, item.base_sequence, item.record_count}});
}

void pending_table::remove(append_id id, const batch_item& item) {
  const auto found = producers_.find(item.producer_id);
  if (found == producers_.end()) return;
  std::erase_if(found->second, [id](const pending_item& one) { return one.id == id; });
  if (found->second.empty()) producers_.erase(found);
}

std::optional<append_id> pending_table::find_overlap(std::int64_t producer,
                                                     const std::vector<kafka::sequence_run>& runs) const {
  const auto found = producers_.find(producer);
  if (found == producers_.end()) return std::nullopt;
  for (auto item = found->second.rbegin(); item != found->second.rend(); ++item)
    if (overlap(item->runs, runs)) return item->id;
  return std::nullopt;
}

pending_table::idempotent_pending pending_table::batches_of(std::int64_t producer) const {
  idempotent_pending pending;
  const auto found = producers_.find(producer);
  if (found == producers_.end()) return pending;
  for (const pending_item& item : found->second) {
    if (!item.runs.empty()) continue;
    pending.ids.push_back(item.id);
    pending.batches.push_back(item.batch);
  }
  return pending;
}

}  // namespace marquee::broker
