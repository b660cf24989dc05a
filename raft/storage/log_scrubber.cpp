#include "raft/storage/log_scrubber.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace marquee::raft {

namespace {

constexpr const char* component = "raft.storage";
constexpr std::uint64_t least_piece_bytes = std::uint64_t{64} << 10;
constexpr std::uint64_t most_piece_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t pieces_per_second = 8;
constexpr std::int64_t pause_us = 1'000'000;

}  // namespace

log_scrubber::log_scrubber(file_system& files, const clock& time, storage_metrics& metrics,
                           scrub_options options, scrub_source source)
    : files_(files),
      time_(time),
      metrics_(metrics),
      options_(options),
      source_(std::move(source)),
      piece_bytes_(
          std::clamp(options.bytes_per_second / pieces_per_second, least_piece_bytes, most_piece_bytes)),
      next_us_(time.monotonic_us() + options.first_ms * 1000) {}

std::int64_t log_scrubber::step() {
  const std::int64_t now_us = time_.monotonic_us();
  if (now_us < next_us_) return next_us_ - now_us;
  if (!source_.may_run()) return pause_us;
  if (!in_pass_) begin_pass(now_us);
  std::uint64_t read = 0;
  while (in_pass_ && read < piece_bytes_) read += advance();
  metrics_.scrubbed_bytes.add(read);
  next_us_ = now_us + static_cast<std::int64_t>(read * 1'000'000 / options_.bytes_per_second);
  if (!in_pass_) next_us_ = std::max(next_us_, pass_begun_us_ + options_.interval_ms * 1000);
  return std::max<std::int64_t>(1, next_us_ - time_.monotonic_us());
}

void log_scrubber::begin_pass(std::int64_t now_us) {
  in_pass_ = true;
  pass_ = {};
  pass_begun_us_ = now_us;
  groups_ = source_.groups();
  next_group_ = 0;
  wal_files_listed_ = false;
}

void log_scrubber::end_pass() {
  in_pass_ = false;
  const std::int64_t took_ms = (time_.monotonic_us() - pass_begun_us_) / 1000;
  metrics_.scrub_passes.add();
  metrics_.scrub_last_pass_wall_ms.set(time_.wall_ms());
  metrics_.scrub_last_pass_duration_ms.set(took_ms);
  log_info(component,
           "scrub: everything at rest was read again, {} bytes in {} segments of {} replicas and {} files of "
           "the write-ahead log, in {} ms; damages: {}",
           pass_.bytes, pass_.segments, pass_.replicas, pass_.wal_files, took_ms, pass_.damages);
}

std::uint64_t log_scrubber::advance() {
  std::uint64_t read = 0;
  if (segment_)
    read = advance_segment();
  else if (wal_file_)
    read = advance_wal_file();
  else if (!take_next())
    end_pass();
  pass_.bytes += read;
  return read;
}

bool log_scrubber::take_next() {
  if (work_ && work_->next < work_->segments.size()) {
    const group_storage::segment_at_rest& next = work_->segments[work_->next++];
    segment_.emplace(work_->group, next.source, next.end, piece_bytes_);
    return true;
  }
  work_.reset();
  if (next_group_ < groups_.size()) {
    const group_id group = groups_[next_group_++];
    auto storage = source_.storage(group);
    // One that a reader found damaged is being seen to.
    if (!storage || storage->damage_met()) return true;
    ++pass_.replicas;
    auto segments = storage->segments_at_rest();
    work_.emplace(group_work{group, std::move(storage), std::move(segments), 0});
    return true;
  }
  if (!std::exchange(wal_files_listed_, true)) {
    wal_files_ = source_.closed_wal_files();
    next_wal_file_ = 0;
  }
  if (next_wal_file_ >= wal_files_.size()) return false;
  wal_file_.emplace(files_, wal_files_[next_wal_file_++], piece_bytes_);
  return true;
}

std::uint64_t log_scrubber::advance_segment() {
  if (work_->storage->damage_met()) {
    end_group();
    return 0;
  }
  const auto read = segment_->step();
  if (!read) {
    segment_failed(read.error());
    return 0;
  }
  if (!segment_->is_done()) return *read;
  ++pass_.segments;
  segment_.reset();
  return *read;
}

void log_scrubber::end_group() {
  segment_.reset();
  work_.reset();
}

void log_scrubber::segment_failed(const error& why) {
  const std::shared_ptr<segment> where = segment_->shared_source();
  segment_.reset();
  if (why.code != error_code::corrupt) return cannot_read(where->path(), why);
  // What retention dropped meanwhile, or a reader met before, is nobody's business here.
  if (!work_->storage->report_damage(why, *where)) return;
  ++pass_.damages;
  metrics_.scrub_damages.add();
  log_error(component, "scrub: group {}: {} is damaged: {}. Its replica stands aside and is filled again",
            to_string(work_->group), where->path(), why.message);
  end_group();
}

std::uint64_t log_scrubber::advance_wal_file() {
  const auto read = wal_file_->step();
  if (!read) {
    wal_file_failed(read.error());
    return 0;
  }
  if (!wal_file_->is_done()) return *read;
  ++pass_.wal_files;
  wal_file_.reset();
  return *read;
}

void log_scrubber::wal_file_failed(const error& why) {
  const closed_wal_file which = wal_file_->which();
  wal_file_.reset();
  // Freed by a checkpoint meanwhile, and perhaps written anew.
  if (std::ranges::count(source_.closed_wal_files(), which) == 0) return;
  if (why.code != error_code::corrupt) return cannot_read(which.path, why);
  ++pass_.damages;
  metrics_.scrub_damages.add();
  log_error(component,
            "scrub: {} is damaged: {}. Memory still holds what is in it: a checkpoint makes it superfluous",
            which.path, why.message);
  source_.renew_wal();
}

void log_scrubber::cannot_read(const std::string& path, const error& why) {
  metrics_.scrub_failures.add();
  log_error(component, "scrub: {} cannot be read: {}. See to the disk", path, why.message);
}

}  // namespace marquee::raft
