#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "raft/runtime/checkpointer.h"
#include "raft/runtime/heartbeat_loop.h"
#include "raft/runtime/hosted_replica.h"
#include "raft/runtime/partition_thread.h"
#include "raft/runtime/raft_host.h"
#include "raft/runtime/runtime_metrics.h"
#include "raft/storage/log_store.h"
#include "raft/transport/raft_transport.h"

namespace marquee::raft {

/// The one implementation of raft_host. Threads that call into it: the owner, any thread that creates or
/// removes replicas (one after the other, by `admin_mutex_`), the transport thread with what peers sent, the
/// flush thread with checkpoint wishes and fatal errors.
class raft_host_impl final : public raft_host {
 public:
  raft_host_impl(raft_host_options options, file_system& files, const clock& time, metrics_registry& metrics,
                 raft_host_callbacks callbacks);
  ~raft_host_impl() override { stop(); }

  [[nodiscard]] result<> start() override;
  void hand_over() override;
  void stop() override;
  void abandon() override;
  [[nodiscard]] std::uint16_t listen_port() const override { return transport_.port(); }
  void set_peers(const std::map<broker_id, net::endpoint>& peers) override { transport_.set_peers(peers); }
  [[nodiscard]] result<std::shared_ptr<replica>> create_replica(const group_id& group,
                                                                const configuration& members,
                                                                const group_options& options) override;
  [[nodiscard]] result<> remove_replica(const group_id& group) override;
  [[nodiscard]] result<> repair_replica(const group_id& group) override;
  [[nodiscard]] std::shared_ptr<replica> find(const group_id& group) const override;
  void for_each(const std::function<void(const std::shared_ptr<replica>&)>& visit) const override;
  void set_low_space(bool low) override;
  [[nodiscard]] result<> check_space() override;
  [[nodiscard]] std::vector<net::event_loop*> loops() const override;
  [[nodiscard]] leader_table& leaders() override { return leaders_; }
  [[nodiscard]] std::vector<broker_id> connected_peers() const override { return transport_.connected(); }

 private:
  struct hosted {
    std::shared_ptr<hosted_replica> who;
    /// As created in this process; unknown for what was found at start.
    std::optional<configuration> born_with;
  };

  [[nodiscard]] transport_options make_transport_options() const;
  [[nodiscard]] transport_callbacks make_transport_callbacks();
  void start_recovered(recovered_group found);
  static void warn_of_doubt(const std::vector<recovered_group>& found);
  [[nodiscard]] std::shared_ptr<hosted_replica> make_replica(const group_id& group,
                                                             std::unique_ptr<group_log> log,
                                                             const group_options& options);
  [[nodiscard]] partition_thread& thread_of(const group_id& group) const;
  [[nodiscard]] hosted find_hosted(const group_id& group) const;
  void tell(const raft_event& what) const;
  void route(std::vector<group_message> messages);
  void want_checkpoint();
  void want_new_segments();
  void hand_over_all();
  /// Groups that this broker still leads and that another one can take.
  std::size_t hand_over_once();
  void checkpoint_and_wait();
  void end_threads(const error& why);
  void fatal(const error& why) const;
  void superseded(const error& why) const;

  const raft_host_options options_;
  file_system& files_;
  const clock& time_;
  metrics_registry& metrics_registry_;
  const raft_host_callbacks callbacks_;
  runtime_metrics metrics_;
  leader_table leaders_;
  std::atomic<bool> low_space_{false};
  std::atomic<bool> log_lacks_space_{false};
  const replica_environment environment_;
  std::vector<std::unique_ptr<partition_thread>> threads_;
  raft_transport transport_;
  heartbeat_loop heartbeats_;
  std::unique_ptr<log_store> store_;
  std::unique_ptr<checkpointer> checkpointer_;
  /// checkpointer_, once the flush thread may use it; and whether it wanted it before.
  std::atomic<checkpointer*> checkpointer_ready_{nullptr};
  std::atomic<bool> checkpoint_wanted_early_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> started_{false};

  std::mutex admin_mutex_;
  mutable std::mutex registry_mutex_;
  std::unordered_map<group_id, hosted> registry_;
};

}  // namespace marquee::raft
