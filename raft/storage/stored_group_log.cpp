#include "raft/storage/stored_group_log.h"

#include <utility>

namespace marquee::raft {

namespace {

wal_record small_record(wal_record_type type, const group_id& group, bytes payload) {
  wal_record record;
  record.type = type;
  record.group = group;
  record.front = std::move(payload);
  return record;
}

}  // namespace

stored_group_log::stored_group_log(group_id group, std::shared_ptr<group_storage> storage, flush_queue& queue)
    : group_(group), storage_(std::move(storage)), queue_(queue) {}

result<> stored_group_log::persist(const persist_request& request, durability wanted, persist_done done) {
  if (auto writable = storage_->check_writable(); !writable) return writable;
  flush_item item;
  item.group = group_;
  item.wanted = wanted;
  item.done = std::move(done);
  item.records.reserve(request.entries.size() + 2);
  if (request.hard)
    item.records.push_back(
        small_record(wal_record_type::hard_state, group_, encode_hard_state(*request.hard)));
  if (request.truncate_from)
    item.records.push_back(
        small_record(wal_record_type::truncate, group_, encode_number(request.truncate_from->value())));
  // Whatever the topic says, these must survive a power loss (DESIGN D4).
  if (!item.records.empty()) item.wanted = durability::durable;
  for (const entry& e : request.entries) {
    if (e.type == entry_type::configuration || e.type == entry_type::marker)
      item.wanted = durability::durable;
    item.records.push_back(wal_record::of_entry(group_, e));
  }
  item.apply = [group = group_, request](logged_group_table& groups) { groups.persist(group, request); };
  const space_claim claim = request.entries.empty() ? space_claim::urgent : space_claim::ordinary;
  if (auto taken = queue_.submit(std::move(item), claim); !taken) return taken;
  storage_->append(request);
  return {};
}

}  // namespace marquee::raft
