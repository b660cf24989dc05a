#include "broker/partition_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace marquee::broker {

namespace {

using nlohmann::json;

const char* role_name(raft::role role) {
  switch (role) {
    case raft::role::leader:
      return "leader";
    case raft::role::follower:
      return "follower";
    case raft::role::candidate:
    case raft::role::pre_candidate:
      break;
  }
  return "candidate";
}

json describe_member(const raft::node_status& status, const replica_id& member, bool leads) {
  json told = {{"broker_id", member.broker.value()}, {"match_index", nullptr}, {"in_sync", nullptr}};
  const bool is_leader = status.now.leader == member;
  told["role"] = is_leader ? "leader" : status.members.is_voter(member) ? "follower" : "learner";
  if (!leads) return told;
  if (is_leader) {
    told["match_index"] = status.last_index.value();
    told["in_sync"] = true;
    return told;
  }
  const auto progress = std::ranges::find(status.progress, member, &raft::peer_progress::replica);
  if (progress == status.progress.end()) return told;
  told["match_index"] = progress->match.value();
  told["in_sync"] = progress->active && !progress->in_doubt && progress->match >= status.commit_index;
  return told;
}

std::string describe(const partition& served, bool high_watermark_known) {
  const raft::replica& replica = served.replica();
  const raft::node_status status = replica.status();
  json replicas = json::array();
  for (const replica_id& member : status.members.members())
    replicas.push_back(describe_member(status, member, replica.is_leader()));
  json told = {{"topic_id", to_string(replica.group().topic_id)},
               {"partition", replica.group().partition.value()},
               {"role", role_name(status.now.own_role)},
               {"term", status.now.term.value()},
               {"log_start_offset", served.log_start_offset().value()},
               {"log_end_offset", served.log_end_offset().value()},
               {"commit_index", status.commit_index.value()},
               {"applied_index", replica.applied_index().value()},
               {"last_index", status.last_index.value()},
               {"log_bytes", served.is_stopped() ? 0 : replica.log().size_bytes()},
               {"replicas", std::move(replicas)}};
  told["leader"] = status.now.leader ? json(status.now.leader->broker.value()) : json(nullptr);
  told["high_watermark"] = high_watermark_known ? json(served.state().next_offset().value()) : json(nullptr);
  if (status.in_doubt) told["in_doubt"] = true;
  if (status.ordered_ms_ago) told["ordered_ms_ago"] = *status.ordered_ms_ago;
  if (!replica.fenced().empty()) told["fenced"] = replica.fenced();
  return told.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

net::future<std::string> report_partition(const replica_pointer& replica, report_freshness freshness) {
  return ask_partition<std::string>(
      replica, [freshness](partition& served, const net::promise<std::string>& promise) {
        if (freshness == report_freshness::as_known_here || !served.serves())
          return (void)promise.set(describe(served, freshness == report_freshness::as_known_here));
        served.replica().read_barrier([&served, promise](const result<>& passed) {
          promise.set(describe(served, passed.has_value()));
        });
      });
}

}  // namespace marquee::broker
