#include "broker/raft_report.h"

#include <nlohmann/json.hpp>

namespace marquee::broker {

namespace {

using nlohmann::json;

const char* name_of(raft::role role) {
  switch (role) {
    case raft::role::leader:
      return "leader";
    case raft::role::candidate:
      return "candidate";
    case raft::role::pre_candidate:
      return "pre_candidate";
    case raft::role::follower:
      break;
  }
  return "follower";
}

json list_of(const std::vector<replica_id>& replicas) {
  json list = json::array();
  for (const replica_id& each : replicas)
    list.push_back({{"broker_id", each.broker.value()}, {"incarnation", each.incarnation.value()}});
  return list;
}

json progress_of(const raft::node_status& status) {
  json list = json::array();
  for (const raft::peer_progress& each : status.progress)
    list.push_back({{"broker_id", each.replica.broker.value()},
                    {"incarnation", each.replica.incarnation.value()},
                    {"voter", each.voter},
                    {"match_index", each.match.value()},
                    {"next_index", each.next.value()},
                    {"lag", status.last_index.value() - each.match.value()},
                    {"active", each.active},
                    {"in_doubt", each.in_doubt},
                    {"in_sync", is_in_sync(each, status)}});
  return list;
}

}  // namespace

bool is_in_sync(const raft::peer_progress& progress, const raft::node_status& leader) {
  return progress.active && !progress.in_doubt && progress.match >= leader.commit_index;
}

json report_raft(const partition& served) {
  const raft::replica& replica = served.replica();
  const raft::node_status status = replica.status();
  const bool fenced = !replica.fenced().empty();
  json told = {{"topic_id", to_string(replica.group().topic_id)},
               {"partition", replica.group().partition.value()},
               {"broker_id", replica.self().broker.value()},
               {"incarnation", replica.self().incarnation.value()},
               {"role", fenced ? "fenced" : name_of(status.now.own_role)},
               {"ready", replica.is_leader_ready()},
               {"term", status.now.term.value()},
               {"voters", list_of(status.members.voters)},
               {"outgoing_voters", list_of(status.members.outgoing_voters)},
               {"learners", list_of(status.members.learners)},
               {"commit_index", status.commit_index.value()},
               {"applied_index", replica.applied_index().value()},
               {"last_index", status.last_index.value()},
               {"log_start_offset", served.log_start_offset().value()},
               {"high_watermark", served.state().next_offset().value()},
               {"log_end_offset", served.log_end_offset().value()},
               {"in_doubt", status.in_doubt},
               {"progress", progress_of(status)}};
  told["first_index"] =
      fenced || served.is_stopped() ? json(nullptr) : json(replica.log().first_index().value());
  told["log_bytes"] = fenced || served.is_stopped() ? json(nullptr) : json(replica.log().size_bytes());
  told["leader"] = status.now.leader ? json(status.now.leader->broker.value()) : json(nullptr);
  told["fenced"] = fenced ? json(replica.fenced()) : json(nullptr);
  return told;
}

}  // namespace marquee::broker
