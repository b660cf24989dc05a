#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/simulated_file_system.h"
#include "raft/core/entry_codec.h"
#include "raft/storage/wal_log_store.h"

namespace marquee::raft {

inline group_id group_number(int number) {
  group_id group;
  group.topic_id.octets[0] = 7;
  group.topic_id.octets[15] = static_cast<std::uint8_t>(number);
  return group;
}

inline replica_id replica_number(int number) {
  return {broker_id(number), incarnation_id(1000 + number)};
}

inline configuration three_voters() {
  return {{replica_number(1), replica_number(2), replica_number(3)}, {}, {}};
}

/// A sealed entry with `records` client records.
inline entry data_entry(std::int64_t index, std::int64_t term, std::int64_t offset, std::int32_t records,
                        const std::string& text) {
  entry e;
  e.type = entry_type::data;
  e.index = log_index(index);
  e.term = term_number(term);
  e.base_offset = record_offset(offset);
  e.record_count = records;
  e.append_time_ms = 1000 + index * 10;
  e.head = shared_bytes::of("head of " + std::to_string(index));
  e.payload.push_back(shared_bytes::of(text));
  seal_entry(e);
  return e;
}

inline entry no_op_entry(std::int64_t index, std::int64_t term, std::int64_t offset) {
  entry e;
  e.type = entry_type::no_op;
  e.index = log_index(index);
  e.term = term_number(term);
  e.base_offset = record_offset(offset);
  e.append_time_ms = 1000 + index * 10;
  seal_entry(e);
  return e;
}

/// A log store on a simulated disk, without threads.
class store_under_test {
 public:
  explicit store_under_test(simulated_file_system& files) : files_(files) {
    options.data_dir = "/node";
    options.wal_file_bytes = 64 << 10;
    options.checkpoint_bytes = 256 << 10;
    options.kernel_boot_id = "boot-1";
  }

  [[nodiscard]] result<> open() {
    log_store::callbacks on;
    on.checkpoint_wanted = [this] { ++checkpoints_wanted; };
    on.on_fatal = [this](const error& why) { fatal.push_back(why.message); };
    on.space_was_needed = [this](bool lacking) { lacks_space = lacking; };
    close();
    auto opened = wal_log_store::open(files_, time, metrics, options, on, store_threads::none, planted_bug);
    if (!opened) return fail(opened);
    store = std::move(*opened);
    for (recovered_group& found : store->take_recovered()) {
      logs[found.group] = std::move(found.log);
      recovered.insert_or_assign(found.group, std::move(found));
    }
    return {};
  }
  void close() {
    logs.clear();
    recovered.clear();
    store.reset();
  }
  void create(const group_id& group) {
    auto created = store->create_group(group, three_voters());
    ASSERT_TRUE(created) << created.error().message;
    logs[group] = std::move(*created);
  }
  /// Persists and flushes; the outcome of the completion.
  [[nodiscard]] result<> persist(const group_id& group, persist_request request,
                                 durability wanted = durability::durable) {
    std::optional<result<>> outcome;
    auto taken = logs.at(group)->persist(request, wanted, [&](const result<persist_times>& done) {
      outcome = done ? result<>() : fail(done);
    });
    if (!taken) return taken;
    while (!outcome && store->step()) {
    }
    if (!outcome) return fail(error_code::internal, "no completion came");
    return *outcome;
  }
  [[nodiscard]] result<> append(const group_id& group, std::vector<entry> entries) {
    persist_request request;
    request.entries = std::move(entries);
    return persist(group, std::move(request));
  }
  [[nodiscard]] result<> checkpoint(const group_id& group, std::int64_t applied, std::string state = "") {
    group_checkpoint wanted;
    wanted.group = group;
    wanted.state.applied = log_index(applied);
    wanted.state.application_state = shared_bytes::of(std::move(state));
    std::optional<result<>> outcome;
    store->checkpoint({wanted}, [&](result<> done) { outcome = std::move(done); });
    if (!outcome) return fail(error_code::internal, "no completion came");
    return *outcome;
  }
  [[nodiscard]] std::vector<entry> all_entries(const group_id& group) {
    const group_log& log = *logs.at(group);
    std::vector<entry> all;
    for (log_index next = log.first_index(); next <= log.last_index();) {
      auto entries = log.read(next, log.last_index() + 1, 4096);
      if (!entries || entries->empty()) {
        ADD_FAILURE() << "entry " << next.value()
                      << " cannot be read: " << (entries ? "nothing" : entries.error().message);
        break;
      }
      next = entries->back().index + 1;
      for (entry& e : *entries) all.push_back(std::move(e));
    }
    return all;
  }

  simulated_clock time;
  metrics_registry metrics;
  log_store_options options;
  bool planted_bug = false;
  std::unique_ptr<wal_log_store> store;
  std::map<group_id, std::unique_ptr<group_log>> logs;
  /// Their logs are in `logs`.
  std::map<group_id, recovered_group> recovered;
  int checkpoints_wanted = 0;
  std::vector<std::string> fatal;
  /// As the last checkpoint told.
  bool lacks_space = false;

 private:
  simulated_file_system& files_;
};

}  // namespace marquee::raft
