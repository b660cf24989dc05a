#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "raft/storage/background_loop.h"
#include "raft/storage/flush_loop.h"
#include "raft/storage/flush_queue.h"
#include "raft/storage/group_storage.h"
#include "raft/storage/log_store.h"
#include "raft/storage/scrub_loop.h"
#include "raft/storage/segment_remover.h"
#include "raft/storage/wal_recovery.h"

namespace marquee::raft {

enum class store_threads : std::uint8_t {
  own,   ///< a flush thread, a checkpoint thread and a scrub thread
  none,  ///< the caller turns the crank: `step`; for tests
};

/// The `log_store` over the write-ahead log. Without threads of its own everything happens inside the calls:
/// `create_group`, `remove_group` and `checkpoint` do all of their work before they return, `persist` waits
/// for the next `step`.
class wal_log_store final : public log_store {
 public:
  [[nodiscard]] static result<std::unique_ptr<wal_log_store>> open(file_system& files, const clock& time,
                                                                   metrics_registry& metrics,
                                                                   log_store_options options, callbacks on,
                                                                   store_threads threads,
                                                                   bool planted_bug = false);
  /// Without `stop` before it leaves what a crash would leave: no mark of a clean stop.
  ~wal_log_store() override;

  [[nodiscard]] std::vector<recovered_group> take_recovered() override;
  [[nodiscard]] result<std::unique_ptr<group_log>> create_group(const group_id& group,
                                                                const configuration& members) override;
  [[nodiscard]] result<> remove_group(const group_id& group) override;
  [[nodiscard]] result<recovered_group> reopen_group(const group_id& group) override;
  void checkpoint(std::vector<group_checkpoint> groups, std::function<void(result<>)> done) override;
  void pause_scrub(bool paused) override { scrub_paused_ = paused; }
  void stop() override;

  /// Without threads: flushes once. False if there was nothing to do.
  bool step();
  /// Without threads: as `log_scrubber::step`; nothing if it is off.
  [[nodiscard]] std::optional<std::int64_t> scrub_step();

 private:
  struct known_group {
    std::shared_ptr<group_storage> storage;
    configuration bootstrap;
  };
  struct opened_group {
    std::vector<std::shared_ptr<segment>> segments;
    /// Why they could not be opened; not kept, so that the next start tries again.
    std::string damage;
    std::string cut_off;
  };

  wal_log_store(file_system& files, const clock& time, metrics_registry& metrics, log_store_options options,
                store_threads threads);
  [[nodiscard]] result<> start(callbacks on, bool planted_bug);
  [[nodiscard]] result<> recover_groups(recovered_wal& wal);
  /// Opens the group's segments; cuts off what is damaged. Errors: unsupported.
  [[nodiscard]] result<opened_group> open_group(const group_id& group, logged_group_table& groups);
  [[nodiscard]] result<opened_group> cut_off(const group_id& group, logged_group_table& groups,
                                             const std::string& why);
  [[nodiscard]] recovered_group make_recovered(const group_id& group, const logged_group& logged,
                                               opened_group opened);
  [[nodiscard]] result<> settle_old_files(const recovered_wal& wal, std::vector<wal_slot>& live,
                                          std::vector<wal_slot>& spare);
  void make_queue(const recovered_wal& wal, logged_group_table groups, callbacks on, bool planted_bug);
  void make_scrubber(std::function<void()> renew_wal);
  void start_threads();
  /// Submits and waits until it is durable.
  [[nodiscard]] result<> write_and_wait(flush_item item);
  [[nodiscard]] result<> run_in_background(std::function<result<>()> job);
  /// On the checkpoint thread.
  [[nodiscard]] result<recovered_group> reopen_closed(const group_id& group);
  [[nodiscard]] result<> run_checkpoint(const std::vector<group_checkpoint>& groups);
  [[nodiscard]] result<std::shared_ptr<segment>> make_first_segment(const group_id& group,
                                                                    const configuration& members);
  [[nodiscard]] bool run_later(std::function<void()> job);
  void ask_for_file();
  void make_files();
  void join_threads();

  file_system& files_;
  const clock& time_;
  const log_store_options options_;
  const store_threads threads_;
  storage_metrics metrics_;
  std::function<void(bool lacks_space)> on_space_;
  segment_remover remover_;
  std::unique_ptr<file_lock> lock_;
  std::unique_ptr<flush_queue> queue_;
  std::vector<recovered_group> recovered_;

  std::mutex mutex_;
  std::map<group_id, known_group> groups_;
  /// Being opened again.
  std::set<group_id> closed_;
  bool stopped_ = false;
  std::atomic<bool> file_asked_{false};
  std::atomic<std::int64_t> no_file_before_ms_{0};
  std::atomic<std::int64_t> no_file_told_before_ms_{0};

  std::atomic<bool> scrub_paused_{false};
  std::atomic<bool> lacks_space_{false};
  std::unique_ptr<log_scrubber> scrubber_;

  std::unique_ptr<flush_loop> flush_loop_;
  std::unique_ptr<background_loop> background_loop_;
  std::unique_ptr<scrub_loop> scrub_loop_;
};

}  // namespace marquee::raft
