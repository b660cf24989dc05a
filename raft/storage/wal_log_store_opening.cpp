// The start of wal_log_store: lock, recovery, and the checkpoint that every start begins with.
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "raft/storage/group_recovery.h"
#include "raft/storage/group_repair.h"
#include "raft/storage/stored_group_log.h"
#include "raft/storage/wal_log_store.h"

namespace marquee::raft {

namespace {

constexpr std::uint64_t least_wal_file_bytes = std::uint64_t{16} << 10;
constexpr std::uint64_t wal_file_multiple = 4096;

/// Changes with each boot of the machine; empty where the kernel does not tell.
std::string boot_id_of_kernel(file_system& files, const std::string& path) {
  const auto content = read_file(files, path, 4096);
  if (!content) return "";
  std::string text(as_text(*content));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

result<std::unique_ptr<wal_log_store>> wal_log_store::open(file_system& files, const clock& time,
                                                           metrics_registry& metrics,
                                                           log_store_options options, callbacks on,
                                                           store_threads threads, bool planted_bug) {
  if (options.wal_file_bytes < least_wal_file_bytes || options.wal_file_bytes % wal_file_multiple != 0)
    return fail(error_code::invalid_argument,
                "the size of a file of the write-ahead log must be a multiple of 4096, at least 16384 bytes");
  std::unique_ptr<wal_log_store> store(new wal_log_store(files, time, metrics, std::move(options), threads));
  if (auto started = store->start(std::move(on), planted_bug); !started) return fail(started);
  return store;
}

result<> wal_log_store::start(callbacks on, bool planted_bug) {
  const std::string& data_dir = options_.data_dir;
  for (const std::string& folder : {wal_folder(data_dir), data_dir + "/data"})
    if (auto made = files_.create_directories(folder); !made) return made;
  auto lock = files_.lock(data_dir + "/lock");
  if (!lock && lock.error().code == error_code::refused)
    return fail(error_code::refused, "another process uses the data directory " + data_dir +
                                         ": stop it, or give this one a directory of its own");
  if (!lock) return fail(lock);
  lock_ = std::move(*lock);

  auto wal = recover_wal(files_, data_dir, [this](const group_id& group, const entry_pointer& pointer) {
    return read_pointed_entry(files_, group_folder(options_.data_dir, group), pointer);
  });
  if (!wal) return fail(wal);
  if (wal->torn_tail)
    log_info("raft.storage", "the write-ahead log ends with something half written, left out: {}",
             wal->torn_tail_place);

  const std::string boot_id = options_.kernel_boot_id.empty()
                                  ? boot_id_of_kernel(files_, options_.boot_id_file)
                                  : options_.kernel_boot_id;
  const bool same_boot = !boot_id.empty() && wal->groups.session().kernel_boot_id == boot_id;
  if (!wal->is_new && !wal->clean_stop && !same_boot) wal->groups.power_was_lost();
  wal->groups.set_session({boot_id, true});

  std::vector<wal_slot> live;
  std::vector<wal_slot> spare;
  if (auto settled = settle_old_files(*wal, live, spare); !settled) return settled;
  if (auto recovered = recover_groups(*wal); !recovered) return recovered;
  on_space_ = on.space_was_needed;
  make_scrubber(on.checkpoint_wanted);
  make_queue(*wal, wal->groups, std::move(on), planted_bug);
  for (recovered_group& found : recovered_)
    found.log = std::make_unique<stored_group_log>(found.group, groups_.at(found.group).storage, *queue_,
                                                   remover_, wal->groups.find(found.group)->relaxed);
  queue_->add_slots(std::move(spare));
  if (auto begun = queue_->begin(); !begun) return fail(begun, "starting the write-ahead log");
  queue_->add_slots(std::move(live));
  start_threads();
  return {};
}

/// Opens the files that are there. Those that were replayed are synced: a killed process may have left them
/// in memory only, and the next file's header says that everything before it is on disk.
result<> wal_log_store::settle_old_files(const recovered_wal& wal, std::vector<wal_slot>& live,
                                         std::vector<wal_slot>& spare) {
  for (const std::uint32_t number : wal.files) {
    wal_slot slot{number, wal_path(options_.data_dir, number), nullptr};
    const bool needed = std::ranges::find(wal.live_files, number) != wal.live_files.end();
    auto opened = files_.open(slot.path, open_mode::write);
    if (!opened) return fail(opened);
    slot.handle = std::move(*opened);
    const auto size = slot.handle->size();
    if (!size) return fail(size);
    if (needed)
      if (auto synced = slot.handle->sync(); !synced) return synced;
    if (*size == options_.wal_file_bytes) {
      (needed ? live : spare).push_back(std::move(slot));
    } else if (!needed) {
      slot.handle.reset();
      if (auto removed = files_.remove_file(slot.path); !removed) return removed;
    }
  }
  return {};
}

result<> wal_log_store::recover_groups(recovered_wal& wal) {
  for (const group_id& group : wal.groups.removed())
    if (auto removed = remove_group_files(files_, group_folder(options_.data_dir, group)); !removed)
      log_warning("raft.storage", "files of the removed group {} are still there: {}", to_string(group),
                  removed.error().message);
  for (const std::string& folder : unknown_group_folders(files_, options_.data_dir, wal.groups))
    log_warning("raft.storage", "{} belongs to no group of this broker: nothing was touched", folder);

  std::vector<group_id> ids;
  for (const auto& [group, logged] : wal.groups.groups()) ids.push_back(group);
  for (const group_id& group : ids) {
    auto opened = open_group(group, wal.groups);
    if (!opened) return fail(opened);
    recovered_.push_back(make_recovered(group, *wal.groups.find(group), std::move(*opened)));
  }
  return {};
}

result<wal_log_store::opened_group> wal_log_store::open_group(const group_id& group,
                                                              logged_group_table& groups) {
  const std::string folder = group_folder(options_.data_dir, group);
  const group_facts& facts = groups.find(group)->facts;
  const std::string lost = groups.find(group)->lost_entries;
  auto opened = open_group_segments(files_, folder, group, facts.segments, facts.log_start.index);
  if (!opened && opened.error().code == error_code::unsupported) return fail(opened);
  if (!facts.damage.empty())
    return opened_group{opened ? std::move(*opened) : decltype(opened_group::segments){}, "", ""};
  const bool damaged =
      !opened && (opened.error().code == error_code::corrupt || opened.error().code == error_code::not_found);
  if (damaged) return cut_off(group, groups, opened.error().message);
  opened_group found;
  if (opened)
    found.segments = std::move(*opened);
  else
    found.damage = opened.error().message +
                   ": the disk cannot be read; this replica takes no part until it can, and the process is "
                   "started again";
  if (lost.empty()) return found;
  groups.cut_off(group, facts.segments);
  found.cut_off = lost;
  return found;
}

result<wal_log_store::opened_group> wal_log_store::cut_off(const group_id& group, logged_group_table& groups,
                                                           const std::string& why) {
  quarantine kept(files_, options_.data_dir);
  opened_group found;
  auto repaired =
      cut_off_damage(files_, kept, group_folder(options_.data_dir, group), group, groups.find(group)->facts);
  if (!repaired) {
    if (repaired.error().code == error_code::unsupported) return fail(repaired);
    found.damage =
        repaired.error().message +
        (repaired.error().code == error_code::corrupt
             ? ": this replica cannot be filled again by the others and takes no part. It has to be "
               "replaced: "
               "give this broker an empty data directory once the partition's other replicas are in sync"
             : " while damage was cut off (" + why + "): see to the disk and start this process again");
    return found;
  }
  found.segments = std::move(repaired->segments);
  found.cut_off = !repaired->text.empty() ? repaired->text : groups.find(group)->lost_entries;
  if (!found.cut_off.empty()) groups.cut_off(group, found.segments.back()->position());
  return found;
}

recovered_group wal_log_store::make_recovered(const group_id& group, const logged_group& logged,
                                              opened_group opened) {
  recovered_group found;
  found.group = group;
  found.damage = logged.facts.damage.empty() ? opened.damage : logged.facts.damage;
  found.cut_off = std::move(opened.cut_off);
  found.lost_power = logged.lost_power;
  if (!found.damage.empty()) log_error("raft.storage", "group {}: {}", to_string(group), found.damage);
  if (!opened.segments.empty()) {
    const segment_header& header = opened.segments.back()->header();
    found.state = {header.base_index - 1, header.base_term, header.base_offset,
                   header.members,        header.log_start, header.application_state};
  }
  auto storage = std::make_shared<group_storage>(group_folder(options_.data_dir, group),
                                                 std::move(opened.segments), logged.facts, logged.tail);
  if (!found.damage.empty()) storage->fence(found.damage);
  found.restored.hard = logged.facts.hard;
  found.restored.commit_index =
      std::min(storage->last_index(), std::max(logged.facts.segments.last_index, logged.facts.commit_mark));
  found.restored.applied_index = found.state.applied;
  found.restored.base_configuration = storage->configuration_at(found.restored.commit_index);
  found.restored.newly_created = logged.facts.hard == hard_state{} && storage->last_index() == log_index(0) &&
                                 logged.relaxed.losses == 0;
  const relaxed_mark& mark = logged.relaxed;
  found.restored.doubt = {mark.losses, mark.state == relaxed_state::in_doubt,
                          mark.losses > 0 || mark.state != relaxed_state::durable};
  found.restored.next_offset = storage->next_offset();
  found.restored.append_time_ms = storage->last_time_ms();
  if (!found.cut_off.empty()) {
    metrics_.damaged_logs.add();
    log_error(
        "raft.storage",
        "group {}: damage was found and cut off: {}. The log ends with entry {}; the replica's votes and "
        "acknowledgements do not count until a leader has sent it the rest",
        to_string(group), found.cut_off, storage->last_index().value());
  }
  groups_[group] = {std::move(storage), logged.facts.bootstrap};
  return found;
}

void wal_log_store::make_scrubber(std::function<void()> renew_wal) {
  constexpr std::int64_t first_pass_most_ms = 60'000;
  if (options_.scrub_bytes_per_second == 0) return;
  scrub_source source;
  source.groups = [this] {
    const std::lock_guard guard(mutex_);
    std::vector<group_id> all;
    for (const auto& [group, known] : groups_) all.push_back(group);
    return all;
  };
  source.storage = [this](const group_id& group) {
    const std::lock_guard guard(mutex_);
    const auto known = groups_.find(group);
    return known == groups_.end() ? nullptr : known->second.storage;
  };
  source.closed_wal_files = [this] { return queue_->closed_files(); };
  source.renew_wal = [renew_wal = std::move(renew_wal)] {
    if (renew_wal) renew_wal();
  };
  source.may_run = [this] { return !scrub_paused_ && !lacks_space_; };
  scrubber_ = std::make_unique<log_scrubber>(
      files_, time_, metrics_,
      scrub_options{options_.scrub_bytes_per_second, options_.scrub_interval_ms,
                    std::min(options_.scrub_interval_ms, first_pass_most_ms)},
      std::move(source));
}

void wal_log_store::make_queue(const recovered_wal& wal, logged_group_table groups, callbacks on,
                               bool planted_bug) {
  flush_queue_options options;
  options.data_dir = options_.data_dir;
  options.wal_file_bytes = options_.wal_file_bytes;
  options.checkpoint_bytes = options_.checkpoint_bytes;
  options.queued_bytes_most = options_.queued_bytes_most;
  options.keep_free_bytes = options_.keep_free_bytes;
  // Room for what arrives while a checkpoint is under way.
  options.wal_files_most =
      static_cast<std::uint32_t>(4 + 3 * options_.checkpoint_bytes / options_.wal_file_bytes);
  options.relaxed_sync_us = options_.flush_ms * 1000;
  options.relaxed_sync_bytes = options_.flush_bytes;
  options.planted_bug_acknowledge_before_sync = planted_bug;
  const std::uint32_t last_number = wal.files.empty() ? 0 : wal.files.back();
  queue_ = std::make_unique<flush_queue>(files_, time_, metrics_, std::move(options), std::move(on),
                                         std::move(groups), wal.last_lsn, wal.last_generation, last_number);
  queue_->on_wants_file([this] { ask_for_file(); });
}

}  // namespace marquee::raft
