#include "raft/storage/wal_log_store.h"

#include <fmt/format.h>

#include <future>
#include <optional>
#include <utility>

#include "base/logging.h"
#include "raft/storage/group_recovery.h"
#include "raft/storage/segment_mover.h"
#include "raft/storage/stored_group_log.h"

namespace marquee::raft {

namespace {

wal_record group_record(wal_record_type type, const group_id& group, bytes payload) {
  wal_record record;
  record.type = type;
  record.group = group;
  record.front = std::move(payload);
  return record;
}

}  // namespace

result<std::unique_ptr<log_store>> log_store::open(file_system& files, const clock& time,
                                                   metrics_registry& metrics, log_store_options options,
                                                   callbacks on) {
  auto opened =
      wal_log_store::open(files, time, metrics, std::move(options), std::move(on), store_threads::own);
  if (!opened) return fail(opened);
  return std::unique_ptr<log_store>(std::move(*opened));
}

wal_log_store::wal_log_store(file_system& files, const clock& time, metrics_registry& metrics,
                             log_store_options options, store_threads threads)
    : files_(files),
      time_(time),
      options_(std::move(options)),
      threads_(threads),
      metrics_(metrics),
      remover_(files, metrics_, [this](std::function<void()> job) { return run_later(std::move(job)); }) {}

wal_log_store::~wal_log_store() {
  join_threads();
}

std::vector<recovered_group> wal_log_store::take_recovered() {
  return std::exchange(recovered_, {});
}

void wal_log_store::start_threads() {
  if (threads_ == store_threads::none) {
    make_files();
    return;
  }
  background_loop_ = std::make_unique<background_loop>();
  flush_loop_ = std::make_unique<flush_loop>(*queue_);
  if (scrubber_) scrub_loop_ = std::make_unique<scrub_loop>(*scrubber_);
  ask_for_file();
}

bool wal_log_store::step() {
  const bool worked = queue_->step();
  make_files();
  return worked;
}

std::optional<std::int64_t> wal_log_store::scrub_step() {
  if (!scrubber_) return std::nullopt;
  return scrubber_->step();
}

result<> wal_log_store::write_and_wait(flush_item item) {
  // Shared, because the flush thread may still be in `set_value` when the waiting side returns.
  auto outcome = std::make_shared<std::promise<result<>>>();
  auto waiting = outcome->get_future();
  bool answered = false;
  item.done = [outcome, &answered, this](const result<persist_times>& done) {
    if (threads_ == store_threads::none) answered = true;
    outcome->set_value(done ? result<>() : fail(done));
  };
  if (auto taken = queue_->submit(std::move(item), space_claim::urgent); !taken) return taken;
  if (threads_ == store_threads::none)
    while (!answered && step()) {
    }
  return waiting.get();
}

result<> wal_log_store::run_in_background(std::function<result<>()> job) {
  if (threads_ == store_threads::none) return job();
  auto outcome = std::make_shared<std::promise<result<>>>();
  auto waiting = outcome->get_future();
  if (!background_loop_->post([outcome, job = std::move(job)] { outcome->set_value(job()); }))
    return fail(error_code::unavailable, "the log store stops or has too much to do");
  return waiting.get();
}

result<std::shared_ptr<segment>> wal_log_store::make_first_segment(const group_id& group,
                                                                   const configuration& members) {
  const std::string folder = group_folder(options_.data_dir, group);
  if (auto made = files_.create_directories(folder); !made) return fail(made);
  segment_header header;
  header.group = group;
  header.members = members;
  const auto names = files_.list(folder);
  if (!names) return fail(names);
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    auto there = files_.open(path, open_mode::read);
    if (!there) return fail(there);
    const auto size = (*there)->size();
    if (!size) return fail(size);
    // A creation that was cut off leaves a first segment without entries; anything else is data.
    if (path == segment_path(folder, log_index(1)) && *size <= encode_segment_header(header).size()) continue;
    return fail(error_code::conflict,
                fmt::format("{} is there, but the write-ahead log does not know this group: nothing was "
                            "touched, move the folder away if it is not needed",
                            path));
  }
  return segment::create(files_, folder, header);
}

result<std::unique_ptr<group_log>> wal_log_store::create_group(const group_id& group,
                                                               const configuration& members) {
  const std::lock_guard guard(mutex_);
  if (closed_.contains(group))
    return fail(error_code::unavailable, "group " + to_string(group) + " is being opened again");
  if (const auto known = groups_.find(group); known != groups_.end()) {
    if (known->second.bootstrap == members)
      return fail(error_code::already_exists, "group " + to_string(group) + " exists already");
    return fail(error_code::conflict, "group " + to_string(group) + " exists already with other members");
  }
  auto first = make_first_segment(group, members);
  if (!first) return fail(first, "creating group " + to_string(group));
  group_facts facts;
  facts.bootstrap = members;
  facts.segments = (*first)->position();
  flush_item item;
  item.group = group;
  item.records.push_back(group_record(wal_record_type::group_created, group, encode_group_facts(facts)));
  item.apply = [group, facts](logged_group_table& groups) { groups.create(group, facts); };
  if (auto written = write_and_wait(std::move(item)); !written)
    return fail(written, "creating group " + to_string(group));
  auto storage = std::make_shared<group_storage>(group_folder(options_.data_dir, group),
                                                 std::vector<std::shared_ptr<segment>>{std::move(*first)},
                                                 facts, std::deque<entry>{});
  groups_[group] = {storage, members};
  return std::make_unique<stored_group_log>(group, std::move(storage), *queue_, remover_);
}

result<> wal_log_store::remove_group(const group_id& group) {
  {
    const std::lock_guard guard(mutex_);
    if (!groups_.contains(group) && !closed_.contains(group)) return {};
    flush_item item;
    item.group = group;
    item.records.push_back(group_record(wal_record_type::group_removed, group, {}));
    item.apply = [group](logged_group_table& groups) { groups.remove(group); };
    if (auto written = write_and_wait(std::move(item)); !written)
      return fail(written, "removing group " + to_string(group));
    groups_.erase(group);
    closed_.erase(group);
  }
  // After any checkpoint that may still be writing to its segments.
  return run_in_background(
      [this, folder = group_folder(options_.data_dir, group)] { return remove_group_files(files_, folder); });
}

void wal_log_store::checkpoint(std::vector<group_checkpoint> groups, std::function<void(result<>)> done) {
  if (threads_ == store_threads::none) return done(run_checkpoint(groups));
  const auto shared_done = std::make_shared<std::function<void(result<>)>>(std::move(done));
  const bool posted =
      background_loop_ && background_loop_->post([this, groups = std::move(groups), shared_done] {
        (*shared_done)(run_checkpoint(groups));
      });
  if (!posted) (*shared_done)(fail(error_code::unavailable, "the log store stops or has too much to do"));
}

result<> wal_log_store::run_checkpoint(const std::vector<group_checkpoint>& groups) {
  const std::int64_t start_us = time_.monotonic_us();
  std::vector<segment_progress> progress;
  bool lacks_space = false;
  for (const group_checkpoint& wanted : groups) {
    std::shared_ptr<group_storage> storage;
    {
      const std::lock_guard guard(mutex_);
      if (const auto known = groups_.find(wanted.group); known != groups_.end())
        storage = known->second.storage;
    }
    if (!storage) continue;
    segment_move moved = move_to_segments(files_, *storage, wanted, options_.keep_free_bytes);
    lacks_space |= moved.lacks_space;
    progress.push_back(std::move(moved.progress));
  }
  flush_item item;
  item.checkpoint = std::move(progress);
  item.may_make_files = !lacks_space;
  const auto written = write_and_wait(std::move(item));
  lacks_space |= !written && written.error().code == error_code::no_space;
  lacks_space_ = lacks_space;
  if (on_space_) on_space_(lacks_space);
  if (!written) return fail(written, "checkpoint");
  metrics_.checkpoints.add();
  metrics_.checkpoint_us.observe(static_cast<std::uint64_t>(time_.monotonic_us() - start_us));
  return {};
}

bool wal_log_store::run_later(std::function<void()> job) {
  if (threads_ == store_threads::none) {
    job();
    return true;
  }
  return background_loop_ && background_loop_->post(std::move(job));
}

void wal_log_store::ask_for_file() {
  if (threads_ == store_threads::none || !background_loop_) return;
  if (time_.monotonic_ms() < no_file_before_ms_.load() || file_asked_.exchange(true)) return;
  if (!background_loop_->post([this] { make_files(); })) file_asked_ = false;
}

void wal_log_store::make_files() {
  while (queue_->wants_file() && time_.monotonic_ms() >= no_file_before_ms_.load()) {
    const bool fits = queue_->has_space_for_file();
    const auto made = fits ? queue_->add_file() : fail(error_code::no_space, "the disk is nearly full");
    if (made) continue;
    // What the disk is like is told by whoever watches it; and what goes on for long is told once a minute.
    const std::int64_t now_ms = time_.monotonic_ms();
    if (fits && now_ms >= no_file_told_before_ms_)
      log_warning("raft.storage", "{}; appends are refused when the files that are there are full",
                  made.error().message);
    if (fits && now_ms >= no_file_told_before_ms_) no_file_told_before_ms_ = now_ms + 60'000;
    no_file_before_ms_ = now_ms + 1000;
  }
  file_asked_ = false;
}

void wal_log_store::join_threads() {
  if (scrub_loop_) scrub_loop_->stop();
  if (background_loop_) background_loop_->stop();
  if (flush_loop_) flush_loop_->stop();
}

void wal_log_store::stop() {
  if (std::exchange(stopped_, true)) return;
  if (scrub_loop_) scrub_loop_->stop();
  if (background_loop_) background_loop_->stop();
  flush_item item;
  item.records.push_back(group_record(wal_record_type::clean_stop, {}, {}));
  if (const auto written = write_and_wait(std::move(item)); !written)
    log_warning("raft.storage", "stopped without the mark of a clean stop: {}", written.error().message);
  join_threads();
}

}  // namespace marquee::raft
