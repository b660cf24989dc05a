#include "tests/crash/crash_workload.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace marquee::raft {

seed_range seeds(seed_range usual) {
  const char* wanted = std::getenv("MARQUEE_CRASH_SEEDS");
  unsigned long first = 0;
  unsigned long last = 0;
  if (wanted == nullptr || std::sscanf(wanted, "%lu-%lu", &first, &last) != 2) return usual;
  return {first, last};
}

void crash_history::created(const group_id& group) {
  steps_.push_back({step::kind::create, group, {}, {}, 0});
}

void crash_history::removed(const group_id& group) {
  steps_.push_back({step::kind::remove, group, {}, {}, 0});
}

void crash_history::persisted(const group_id& group, const persist_request& request) {
  if (request.hard) steps_.push_back({step::kind::hard, group, *request.hard, {}, 0});
  if (request.truncate_from) steps_.push_back({step::kind::truncate, group, {}, *request.truncate_from, 0});
  for (const entry& e : request.entries)
    steps_.push_back({step::kind::append, group, {}, e.index, e.checksum});
}

void crash_history::apply(const step& s, expected_state& state) {
  switch (s.what) {
    case step::kind::create:
      state[s.group] = {};
      break;
    case step::kind::remove:
      state.erase(s.group);
      break;
    case step::kind::hard:
      state[s.group].hard = s.hard;
      break;
    case step::kind::truncate:
      state[s.group].entry_checksums.resize(static_cast<std::size_t>(s.index.value() - 1));
      break;
    case step::kind::append:
      state[s.group].entry_checksums.push_back(s.checksum);
      break;
  }
}

std::uint32_t crash_history::checksum_of(const group_id& group, log_index index) const {
  for (auto s = steps_.rbegin(); s != steps_.rend(); ++s)
    if (s->what == step::kind::append && s->group == group && s->index == index) return s->checksum;
  return 0;
}

std::optional<std::string> crash_history::check(const expected_state& found) {
  expected_state state;
  for (std::size_t length = 0; length <= steps_.size(); ++length) {
    if (length > 0) apply(steps_[length - 1], state);
    if (length < acknowledged_ || state != found) continue;
    steps_.resize(length);
    acknowledged_ = length;
    return std::nullopt;
  }
  std::string text = "of " + std::to_string(steps_.size()) + " records " + std::to_string(acknowledged_) +
                     " were acknowledged; the disk holds no beginning of them that is at least as long:";
  for (const auto& [group, content] : found)
    text += " " + to_string(group) + " has term " + std::to_string(content.hard.term.value()) + " and " +
            std::to_string(content.entry_checksums.size()) + " entries;";
  return text;
}

crash_workload::crash_workload(simulated_file_system& files, std::uint64_t seed)
    : under_test(files), files_(files), random_(seed) {
  under_test.options.wal_file_bytes = 20 << 10;
  under_test.options.checkpoint_bytes = 60 << 10;
}

std::uint64_t crash_workload::operations_of(std::uint64_t seed, int actions) {
  simulated_file_system files;
  crash_workload workload(files, seed);
  workload.run(actions);
  return files.operations();
}

void crash_workload::run(int actions) {
  if (!under_test.open()) return;
  for (int i = 0; i < actions && !files_.crashed() && under_test.fatal.empty(); ++i) act();
}

void crash_workload::act() {
  under_test.time.advance_ms(static_cast<std::int64_t>(random_.below(40)));
  if (groups_.size() < 2 || (groups_.size() < 4 && random_.chance(1, 12))) return create();
  const std::uint64_t dice = random_.below(20);
  if (dice == 0 && groups_.size() > 2) return remove(groups_.begin()->first);
  if (dice < 3) {
    checkpoint();
    return raise_log_starts();
  }
  flush_some();
}

void crash_workload::create() {
  const group_id group = group_number(++created_);
  const std::size_t before = history_.length();
  history_.created(group);
  auto made = under_test.store->create_group(group, three_voters());
  if (made) {
    under_test.logs[group] = std::move(*made);
    groups_[group] = {};
    history_.acknowledge(history_.length());
  } else if (!files_.crashed() && under_test.fatal.empty()) {
    // Refused before anything was written to the log.
    history_.cut(before);
  }
}

void crash_workload::remove(group_id group) {
  under_test.logs.erase(group);
  groups_.erase(group);
  const std::size_t before = history_.length();
  history_.removed(group);
  const auto removed = under_test.store->remove_group(group);
  if (!removed && removed.error().code == error_code::overloaded) return history_.cut(before);
  // The record is durable even if the files could not be removed.
  if (removed || (!files_.crashed() && under_test.fatal.empty())) history_.acknowledge(history_.length());
}

persist_request crash_workload::make_request(group_progress& group) {
  persist_request request;
  const std::uint64_t dice = random_.below(10);
  if (dice < 2) {
    group.term += 1;
    request.hard = hard_state{term_number(group.term), replica_number(static_cast<int>(random_.below(3)))};
  }
  if (dice == 1 && group.last > group.committed) {
    const std::int64_t from = random_.between(group.committed + 1, group.last);
    request.truncate_from = log_index(from);
    group.last = from - 1;
    group.offsets.resize(static_cast<std::size_t>(group.last));
    group.offset = group.offsets.empty() ? 0 : group.offsets.back();
  }
  if (dice == 0) return request;
  for (std::uint64_t left = random_.below(4); left > 0; --left) {
    const auto size =
        static_cast<std::size_t>(random_.below(10) == 0 ? random_.below(9000) : random_.below(300));
    const auto records = static_cast<std::int32_t>(1 + random_.below(3));
    request.entries.push_back(data_entry(++group.last, group.term, group.offset, records,
                                         std::string(size, static_cast<char>('a' + random_.below(26)))));
    group.offset += records;
    group.offsets.push_back(group.offset);
  }
  return request;
}

void crash_workload::submit(const group_id& id, group_progress& group) {
  const group_progress before = group;
  const persist_request request = make_request(group);
  const std::size_t length_before = history_.length();
  history_.persisted(id, request);
  const std::size_t length = history_.length();
  const auto taken = under_test.logs.at(id)->persist(request, durability::durable,
                                                     [this, length](const result<persist_times>& done) {
                                                       if (done) history_.acknowledge(length);
                                                     });
  if (taken) return;
  group = before;
  history_.cut(length_before);
}

void crash_workload::flush_some() {
  for (std::uint64_t left = 1 + random_.below(4); left > 0; --left) {
    auto chosen = groups_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(groups_.size())));
    submit(chosen->first, chosen->second);
  }
  while (under_test.store->step()) {
  }
  // What is durable here may be committed elsewhere at any time.
  if (under_test.fatal.empty() && !files_.crashed())
    for (auto& [id, group] : groups_)
      if (random_.chance(1, 2)) group.committed = group.last;
}

void crash_workload::checkpoint() {
  std::vector<group_checkpoint> all;
  for (auto& [id, group] : groups_) {
    under_test.logs.at(id)->set_segment_bytes(6000);
    group_checkpoint one;
    one.group = id;
    one.state.applied = log_index(group.committed);
    if (under_test.logs.at(id)->needs_state_block())
      one.state.application_state = shared_bytes::of(std::string("state"));
    all.push_back(std::move(one));
  }
  under_test.store->checkpoint(std::move(all), [](const result<>&) {});
}

void crash_workload::raise_log_starts() {
  for (auto& [id, group] : groups_) {
    if (group.committed <= group.wanted_start.index.value() || random_.chance(1, 3)) continue;
    const std::int64_t last = random_.between(group.wanted_start.index.value(), group.committed);
    group.wanted_start = {record_offset(group.offsets[static_cast<std::size_t>(last) - 1]),
                          log_index(last + 1)};
    under_test.logs.at(id)->raise_log_start(group.wanted_start);
  }
  while (under_test.store->step()) {
  }
  if (files_.crashed() || !under_test.fatal.empty()) return;
  for (auto& [id, group] : groups_)
    if (under_test.logs.at(id)->log_start_offset() == group.wanted_start.offset)
      group.durable_start = group.wanted_start;
}

/// Nothing is gone that was not to go, and no log start goes back.
std::optional<std::string> crash_workload::check_log_starts() const {
  for (const auto& [id, group] : groups_) {
    if (!under_test.logs.contains(id)) continue;
    const group_log& log = *under_test.logs.at(id);
    if (log.first_index() > group.wanted_start.index || log.log_start_offset() > group.wanted_start.offset)
      return "group " + to_string(id) + " has dropped more than it was told";
    if (log.log_start_offset() < group.durable_start.offset)
      return "the log start of group " + to_string(id) + " went back";
  }
  return std::nullopt;
}

expected_state crash_workload::found_state() {
  expected_state state;
  for (const auto& [id, found] : under_test.recovered) {
    expected_group& group = state[id];
    group.hard = found.restored.hard;
    for (log_index i(1); i < under_test.logs.at(id)->first_index(); ++i)
      group.entry_checksums.push_back(history_.checksum_of(id, i));
    for (const entry& e : under_test.all_entries(id)) group.entry_checksums.push_back(e.checksum);
  }
  return state;
}

std::optional<std::string> crash_workload::reopen_and_check() {
  under_test.close();
  const auto opened = under_test.open();
  if (!opened) return "the store does not open: " + opened.error().message;
  for (const auto& [id, found] : under_test.recovered)
    if (!found.damage.empty()) return "group " + to_string(id) + " is said to be damaged: " + found.damage;
  if (auto wrong = check_log_starts()) return wrong;
  return history_.check(found_state());
}

}  // namespace marquee::raft
