#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "raft/storage/log_store.h"

namespace marquee::raft::testing {

/// A group's log in memory whose disk answers when the test says so.
class memory_log final : public group_log {
 public:
  struct call {
    persist_request request;
    durability wanted = durability::durable;
    persist_done done;
  };

  result<> persist(const persist_request& request, durability wanted, persist_done done) override {
    if (refuse_with) return failure(*refuse_with);
    if (request.truncate_from) entries_.resize(static_cast<std::size_t>(request.truncate_from->value() - 1));
    entries_.insert(entries_.end(), request.entries.begin(), request.entries.end());
    calls.push_back({request, wanted, std::move(done)});
    if (disk_answers) answer_all();
    return {};
  }
  void answer_all(result<persist_times> outcome = persist_times{10, 20}) {
    for (call& each : std::exchange(calls, {})) {
      history.push_back(each);
      each.done(outcome);
    }
  }

  [[nodiscard]] log_index first_index() const override { return log_index(1); }
  [[nodiscard]] log_index last_index() const override {
    return log_index(static_cast<std::int64_t>(entries_.size()));
  }
  [[nodiscard]] std::optional<term_number> term_at(log_index index) const override {
    if (index == log_index(0)) return term_number(0);
    if (index > last_index()) return std::nullopt;
    return entries_[static_cast<std::size_t>(index.value() - 1)].term;
  }
  [[nodiscard]] result<std::vector<entry>> read(log_index from, log_index to, std::size_t) const override {
    if (unreadable) return fail(error_code::corrupt, "as the test wants it");
    std::vector<entry> found;
    for (log_index i = from; i < to && i <= last_index(); ++i)
      found.push_back(entries_[static_cast<std::size_t>(i.value() - 1)]);
    return found;
  }
  [[nodiscard]] std::optional<error> damage_met() override { return damage; }
  std::optional<error> damage;
  [[nodiscard]] record_offset next_offset() const override { return {}; }
  [[nodiscard]] record_offset log_start_offset() const override { return {}; }
  [[nodiscard]] result<std::vector<entry>> read_from_offset(record_offset, record_offset,
                                                            std::size_t) const override {
    return std::vector<entry>{};
  }
  [[nodiscard]] std::optional<log_index> first_index_at_or_after(std::int64_t) const override {
    return std::nullopt;
  }
  [[nodiscard]] configuration configuration_at(log_index) const override { return {}; }
  [[nodiscard]] bool needs_state_block() const override { return true; }
  void set_segment_bytes(std::uint64_t bytes) override { segment_bytes = bytes; }
  [[nodiscard]] std::uint64_t size_bytes() const override { return 0; }
  [[nodiscard]] bool wants_new_segment() const override { return segment_ended; }
  void end_segment_older_than(std::int64_t) override { segment_ended = true; }
  [[nodiscard]] std::vector<segment_summary> segments() const override { return {}; }
  void raise_log_start(const log_start_mark& mark) override { log_start = mark; }
  void drop_old_segments() override { ++drops; }

  bool disk_answers = true;
  bool unreadable = false;
  std::optional<error> refuse_with;
  std::vector<call> calls;
  std::vector<call> history;
  std::uint64_t segment_bytes = 0;
  bool segment_ended = false;
  std::optional<log_start_mark> log_start;
  int drops = 0;

 private:
  std::vector<entry> entries_;
};

}  // namespace marquee::raft::testing
