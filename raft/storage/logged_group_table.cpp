#include "raft/storage/logged_group_table.h"

#include <fmt/format.h>

#include <utility>

#include "raft/core/entry_codec.h"

namespace marquee::raft {

void logged_group_table::create(const group_id& group, group_facts facts) {
  std::erase(removed_, group);
  logged_group created;
  created.facts = std::move(facts);
  groups_[group] = std::move(created);
}

void logged_group_table::remove(const group_id& group) {
  groups_.erase(group);
  removed_.push_back(group);
}

void logged_group_table::truncate(logged_group& group, log_index from) {
  while (!group.tail.empty() && group.tail.back().index >= from) group.tail.pop_back();
}

void logged_group_table::append(logged_group& group, entry e) {
  if (!group.facts.damage.empty()) return;
  const log_index next = group.last_index() + 1;
  if (!group.lost_entries.empty()) {
    if (e.index > group.facts.segments.last_index && e.index < next) truncate(group, e.index);
    return;
  }
  if (e.index <= group.facts.segments.last_index || e.index > next) {
    // What follows a torn pointer was never acknowledged; any other gap means that a record is missing.
    if (!group.torn)
      group.facts.damage = fmt::format("the write-ahead log goes on with entry {} where {} was expected",
                                       e.index.value(), next.value());
    return;
  }
  if (e.index < next) truncate(group, e.index);
  group.torn = false;
  group.tail.push_back(std::move(e));
}

void logged_group_table::persist(const group_id& group, const persist_request& request) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  if (request.hard) found->second.facts.hard = *request.hard;
  if (request.truncate_from) truncate(found->second, *request.truncate_from);
  for (const entry& e : request.entries) append(found->second, e);
}

void logged_group_table::advance(const segment_progress& progress) {
  const auto found = groups_.find(progress.group);
  if (found == groups_.end()) return;
  logged_group& group = found->second;
  if (!progress.damage.empty()) {
    if (group.facts.damage.empty()) group.facts.damage = progress.damage;
    return;
  }
  group.facts.segments = progress.position;
  while (!group.tail.empty() && group.tail.front().index <= progress.position.last_index)
    group.tail.pop_front();
}

void logged_group_table::raise_log_start(const group_id& group, const log_start_mark& mark) {
  const auto found = groups_.find(group);
  if (found != groups_.end() && mark.index > found->second.facts.log_start.index)
    found->second.facts.log_start = mark;
}

void logged_group_table::damage(const group_id& group, const std::string& text) {
  const auto found = groups_.find(group);
  if (found != groups_.end() && found->second.facts.damage.empty()) found->second.facts.damage = text;
}

void logged_group_table::lose(const wal_record_header& header, const std::string& text) {
  const auto found = groups_.find(header.group);
  if (found == groups_.end()) return;
  logged_group& group = found->second;
  switch (header.type) {
    case wal_record_type::hard_state:
      if (!is_twin(group, header)) group.lost_vote = text;
      return;
    case wal_record_type::relaxed_mark:
      // It may have counted a loss.
      ++group.relaxed.losses;
      [[fallthrough]];
    case wal_record_type::append:
    case wal_record_type::append_pointer:
    case wal_record_type::truncate:
    case wal_record_type::log_start:
    case wal_record_type::commit_mark:
      if (group.lost_entries.empty()) group.lost_entries = text;
      return;
    default:
      damage(header.group, text +
                               ": what this broker knew of the group is lost, its vote too, so its replica "
                               "takes no part until it is replaced");
  }
}

void logged_group_table::lose_something(const std::string& text) {
  for (auto& [id, group] : groups_) {
    ++group.relaxed.losses;
    if (group.lost_entries.empty()) group.lost_entries = text;
  }
}

void logged_group_table::settle_losses() {
  for (auto& [id, group] : groups_)
    if (!group.lost_vote.empty())
      damage(id, group.lost_vote +
                     ": the term or vote that it held is lost, and a vote that is forgotten could be given "
                     "again, so this replica takes no part. It has to be replaced: give this broker an empty "
                     "data directory once the partition's other replicas are in sync");
}

void logged_group_table::cut_off(const group_id& group, const segment_position& position) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  logged_group& cut = found->second;
  if (cut.facts.segments != position) cut.tail.clear();
  cut.facts.segments = position;
  cut.relaxed.state = relaxed_state::in_doubt;
  ++cut.relaxed.losses;
  cut.lost_entries.clear();
}

void logged_group_table::set_relaxed(const group_id& group, relaxed_mark mark) {
  const auto found = groups_.find(group);
  if (found != groups_.end()) found->second.relaxed = mark;
}

void logged_group_table::power_was_lost() {
  for (auto& [id, group] : groups_) {
    if (group.relaxed.state == relaxed_state::durable) continue;
    group.lost_power = group.relaxed.state == relaxed_state::relaxed;
    group.relaxed.state = relaxed_state::in_doubt;
    ++group.relaxed.losses;
  }
}

const logged_group* logged_group_table::find(const group_id& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

result<> logged_group_table::replay(const wal_record_header& header, const shared_bytes& payload,
                                    const read_pointer& read) {
  switch (header.type) {
    case wal_record_type::group_created:
    case wal_record_type::checkpoint_group: {
      auto facts = decode_group_facts(payload);
      if (!facts) return fail(facts);
      create(header.group, std::move(*facts));
      return {};
    }
    case wal_record_type::group_removed:
      remove(header.group);
      return {};
    case wal_record_type::checkpoint_end: {
      const auto count = decode_number(payload);
      if (!count) return fail(count);
      if (*count > static_cast<std::int64_t>(groups_.size()))
        return fail(error_code::corrupt,
                    fmt::format("a checkpoint of {} groups has {} that can be read", *count, groups_.size()));
      return {};
    }
    case wal_record_type::checkpoint_begin:
    case wal_record_type::clean_stop:
      return {};
    case wal_record_type::session: {
      auto session = decode_session(payload);
      if (!session) return fail(session);
      session_ = std::move(*session);
      return {};
    }
    default:
      break;
  }
  const auto found = groups_.find(header.group);
  if (found == groups_.end()) return {};
  return replay_group_record(header, payload, found->second, read);
}

result<> logged_group_table::replay_group_record(const wal_record_header& header, const shared_bytes& payload,
                                                 logged_group& group, const read_pointer& read) {
  if (header.type == wal_record_type::append) {
    auto e = decode_entry(payload);
    if (!e) return fail(e);
    append(group, std::move(*e));
    return {};
  }
  if (header.type == wal_record_type::append_pointer) {
    const auto pointer = decode_entry_pointer(payload);
    if (!pointer) return fail(pointer);
    auto e = read(header.group, *pointer);
    if (e)
      append(group, std::move(*e));
    else
      group.torn = true;
    return {};
  }
  if (header.type == wal_record_type::hard_state) {
    const auto hard = decode_hard_state(payload);
    if (!hard) return fail(hard);
    group.facts.hard = *hard;
    group.hard_state_lsn = header.lsn;
    group.lost_vote.clear();
    return {};
  }
  if (header.type == wal_record_type::log_start) {
    const auto mark = decode_log_start(payload);
    if (!mark) return fail(mark);
    raise_log_start(header.group, *mark);
    return {};
  }
  if (header.type == wal_record_type::relaxed_mark) {
    const auto mark = decode_relaxed_mark(payload);
    if (!mark) return fail(mark);
    group.relaxed = *mark;
    return {};
  }
  const auto number = decode_number(payload);
  switch (header.type) {
    case wal_record_type::truncate:
      if (!number) return fail(number);
      truncate(group, log_index(*number));
      return {};
    case wal_record_type::commit_mark:
      if (!number) return fail(number);
      group.facts.commit_mark = log_index(*number);
      return {};
    default:
      return fail(error_code::unsupported, fmt::format("record of unknown type {}: a newer release wrote it",
                                                       static_cast<int>(header.type)));
  }
}

std::vector<wal_record> logged_group_table::checkpoint_records() const {
  std::vector<wal_record> records;
  const auto add = [&](wal_record_type type, const group_id& group, bytes front) {
    wal_record& record = records.emplace_back();
    record.type = type;
    record.group = group;
    record.front = std::move(front);
  };
  add(wal_record_type::checkpoint_begin, {}, encode_number(static_cast<std::int64_t>(groups_.size())));
  add(wal_record_type::session, {}, encode_session(session_));
  for (const auto& [id, group] : groups_) {
    add(wal_record_type::checkpoint_group, id, encode_group_facts(group.facts));
    if (group.relaxed != relaxed_mark{})
      add(wal_record_type::relaxed_mark, id, encode_relaxed_mark(group.relaxed));
    for (const entry& e : group.tail) records.push_back(wal_record::of_entry(id, e));
  }
  add(wal_record_type::checkpoint_end, {}, encode_number(static_cast<std::int64_t>(groups_.size())));
  return records;
}

}  // namespace marquee::raft
