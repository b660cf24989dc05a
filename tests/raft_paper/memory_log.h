#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "raft/core/hard_state.h"
#include "raft/core/log_reader.h"
#include "raft/core/node.h"

namespace marquee::raft::testing {

/// A log for tests: shows what it was handed at once, makes it durable one request at a time, and forgets the
/// rest in a crash. A relaxed one answers after the write: until `sync_written` only the process may die.
class memory_log : public log_reader {
 public:
  [[nodiscard]] log_index first_index() const override { return first_; }
  [[nodiscard]] log_index last_index() const override {
    return log_index(static_cast<std::int64_t>(shown_.size()));
  }
  [[nodiscard]] std::optional<term_number> term_at(log_index index) const override {
    if (index == log_index(0) && first_ == log_index(1)) return term_number(0);
    if (index < first_ - 1 || index > last_index()) return std::nullopt;
    return shown_[static_cast<std::size_t>(index.value()) - 1].term;
  }
  [[nodiscard]] result<std::vector<entry>> read(log_index from, log_index to,
                                                std::size_t max_bytes) const override {
    if (from < first_) return fail(error_code::not_found, "retention has dropped it");
    std::vector<entry> entries;
    std::size_t total = 0;
    for (log_index next = from; next < to; ++next) {
      const entry& e = at(next);
      total += e.encoded_bytes();
      if (!entries.empty() && total > max_bytes) break;
      entries.push_back(e);
    }
    return entries;
  }
  [[nodiscard]] const entry& at(log_index index) const {
    return shown_.at(static_cast<std::size_t>(index.value()) - 1);
  }

  /// The node gets no entry below `from` any more; `at` still gives them.
  void drop_below(log_index from) { first_ = std::max(first_, from); }

  void persist(persist_request request) {
    change(request, shown_);
    waiting_.push_back(std::move(request));
  }
  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
  /// Makes the oldest request durable; gives its id.
  std::uint64_t sync_one() {
    const persist_request request = std::move(waiting_.front());
    waiting_.pop_front();
    change(request, durable_);
    if (request.hard) hard_ = *request.hard;
    if (request.settles_doubt) doubt_.open = false;
    if (relaxed_) {
      unsynced_.push_back(request);
      if (is_always_synced(request)) sync_written();
    }
    return request.id;
  }
  /// Writes of data are answered before they are synced (DESIGN D4).
  void be_relaxed() { relaxed_ = doubt_.possible = true; }
  void sync_written() {
    for (const persist_request& request : std::exchange(unsynced_, {})) change(request, synced_);
  }
  [[nodiscard]] std::size_t unsynced() const { return unsynced_.size(); }
  /// Of what was written since the last sync only the `survivors` oldest requests are there afterwards.
  void lose_power(std::size_t survivors) {
    waiting_.clear();
    unsynced_.resize(std::min(survivors, unsynced_.size()));
    sync_written();
    shown_ = durable_ = synced_;
    ++doubt_.number;
    doubt_.open = true;
  }
  /// The disk has damaged the log: nothing from this entry on can be read any more.
  void damage_from(log_index first_damaged) {
    waiting_.clear();
    unsynced_.clear();
    const auto left = static_cast<std::size_t>(first_damaged.value()) - 1;
    if (durable_.size() > left) durable_.resize(left);
    shown_ = synced_ = durable_;
    doubt_ = {doubt_.number + 1, true, true};
  }
  [[nodiscard]] const doubt_state& doubt() const { return doubt_; }
  /// For a planted bug: it takes itself for whole.
  void forget_doubt() { doubt_.open = false; }
  /// Survives a loss of power, as the others survive a crash.
  [[nodiscard]] const std::vector<entry>& synced() const { return relaxed_ ? synced_ : durable_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// The `survivors` oldest requests reached the disk without anybody being told; the others are lost.
  void crash(std::size_t survivors = 0) {
    while (survivors-- > 0) (void)sync_one();
    waiting_.clear();
    shown_ = durable_;
  }
  /// As if it had been there for long.
  void preset(hard_state hard, std::vector<entry> entries) {
    hard_ = hard;
    shown_ = durable_ = synced_ = std::move(entries);
  }
  /// Of what is durable.
  [[nodiscard]] const hard_state& hard() const { return hard_; }
  [[nodiscard]] const std::vector<entry>& durable() const { return durable_; }

 private:
  static bool is_always_synced(const persist_request& request) {
    return request.hard || request.truncate_from || request.settles_doubt ||
           std::ranges::any_of(request.entries, [](const entry& e) { return e.type != entry_type::data; });
  }
  static void change(const persist_request& request, std::vector<entry>& target) {
    if (request.truncate_from) target.resize(static_cast<std::size_t>(request.truncate_from->value()) - 1);
    target.insert(target.end(), request.entries.begin(), request.entries.end());
  }

  log_index first_{1};
  std::vector<entry> shown_;
  std::vector<entry> durable_;
  std::deque<persist_request> waiting_;
  hard_state hard_;
  std::vector<entry> synced_;
  std::deque<persist_request> unsynced_;
  doubt_state doubt_;
  bool relaxed_ = false;
};

}  // namespace marquee::raft::testing
