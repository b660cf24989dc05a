#include "broker/replica_monitor.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "broker/partition_access.h"
#include "broker/raft_report.h"

namespace marquee::broker {

namespace {
constexpr std::int64_t period_ms = 1'000;
/// Under load a healthy follower is a few entries behind at any moment.
constexpr std::int64_t step_most = 1'000;
}  // namespace

struct replica_monitor::observation {
  group_id group{};
  term_number term{};
  bool has_leader = false;
  bool fenced = false;
  std::int64_t unapplied = 0;
  std::int64_t uncommitted = 0;
  std::uint64_t log_bytes = 0;
  struct follower {
    broker_id broker{};
    std::int64_t lag = 0;
    bool active = false;
  };
  std::vector<follower> followers{};
};

/// One look at everything; the last replica that answers ends it.
struct replica_monitor::round {
  std::vector<observation> seen;
  std::atomic<std::size_t> missing{0};
};

replica_monitor::replica_monitor(net::event_loop& loop, raft::raft_host& host, event_log& events,
                                 metrics_registry& metrics, std::string data_dir)
    : loop_(loop),
      host_(host),
      events_(events),
      data_dir_(std::move(data_dir)),
      lag_(metrics.gauge("marquee_raft_follower_lag_entries",
                         "Entries that the furthest follower of a group led here lacks.")),
      behind_(metrics.gauge("marquee_raft_followers_behind",
                            "Followers of groups led here that are out of touch or far behind.")),
      leaderless_(metrics.gauge("marquee_raft_groups_without_leader",
                                "Replicas here that know no leader of their group.")),
      log_bytes_(metrics.gauge("marquee_storage_log_bytes", "Bytes in the logs of all replicas here.")),
      unapplied_(metrics.gauge("marquee_raft_unapplied_entries",
                               "Committed entries that replicas here have not applied yet.")),
      uncommitted_(metrics.gauge("marquee_raft_uncommitted_entries",
                                 "Entries in logs here that are not known to be committed.")),
      subscribers_(metrics.gauge("marquee_broker_event_subscribers", "Clients that follow GET /events.")),
      disk_size_(metrics.gauge("marquee_broker_disk_size_bytes",
                               "Size of the file system that holds the data directory.")) {}

void replica_monitor::start() {
  look();
  loop_.post_after_ms(period_ms, [this] { start(); });
}

void replica_monitor::look_at_disk() const {
  struct statvfs disk{};
  if (::statvfs(data_dir_.c_str(), &disk) != 0) return;
  disk_size_.set(static_cast<std::int64_t>(disk.f_blocks * disk.f_frsize));
}

void replica_monitor::observe(const std::shared_ptr<raft::replica>& replica, observation& seen) {
  const raft::node_status status = replica->status();
  seen.group = replica->group();
  seen.term = status.now.term;
  seen.has_leader = status.now.leader.has_value();
  seen.fenced = !replica->fenced().empty();
  if (seen.fenced) return;
  seen.unapplied = status.commit_index.value() - replica->applied_index().value();
  seen.uncommitted = status.last_index.value() - status.commit_index.value();
  seen.log_bytes = replica->log().size_bytes();
  for (const raft::peer_progress& each : status.progress)
    seen.followers.push_back(
        {each.replica.broker, status.last_index.value() - each.match.value(), each.active});
}

void replica_monitor::look() {
  look_at_disk();
  subscribers_.set(events_.subscribers());
  if (looking_) return;  // a partition thread is stuck: what was known stays
  std::vector<replica_pointer> all;
  host_.for_each([&](const replica_pointer& replica) { all.push_back(replica); });
  const auto now = std::make_shared<round>();
  now->seen.resize(all.size());
  now->missing = all.size();
  looking_ = !all.empty();
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i]->loop().post([this, now, i, replica = all[i]] {
      observe(replica, now->seen[i]);
      if (--now->missing > 0) return;
      loop_.post([this, now] { finish(*now); });
    });
}

void replica_monitor::finish(const round& all) {
  looking_ = false;
  std::int64_t lag = 0, behind = 0, leaderless = 0, unapplied = 0, uncommitted = 0, bytes = 0;
  for (const observation& each : all.seen) {
    if (!each.has_leader && !each.fenced) ++leaderless;
    unapplied += each.unapplied;
    uncommitted += each.uncommitted;
    bytes += static_cast<std::int64_t>(each.log_bytes);
    for (const observation::follower& follower : each.followers) {
      lag = std::max(lag, follower.lag);
      if (!follower.active || follower.lag > step_most) ++behind;
    }
  }
  lag_.set(lag);
  behind_.set(behind);
  leaderless_.set(leaderless);
  unapplied_.set(unapplied);
  uncommitted_.set(uncommitted);
  log_bytes_.set(bytes);
  tell_changes(all);
}

void replica_monitor::tell_changes(const round& all) {
  std::set<std::pair<group_id, broker_id>> now;
  for (const observation& each : all.seen)
    for (const observation::follower& follower : each.followers) {
      const std::pair key{each.group, follower.broker};
      const bool was = was_behind_.contains(key);
      // One that catches up is behind until it is close.
      const bool is = !follower.active || follower.lag > (was ? step_most / 10 : step_most);
      if (is) now.insert(key);
      if (is == was) continue;
      events_.publish({.name = is ? "follower_behind" : "follower_caught_up",
                       .group = each.group,
                       .term = each.term,
                       .other = follower.broker,
                       .why = !is               ? std::string()
                              : follower.active ? std::to_string(follower.lag) + " entries are missing there"
                                                : std::string("it does not answer the leader")});
    }
  was_behind_ = std::move(now);
}

}  // namespace marquee::broker
