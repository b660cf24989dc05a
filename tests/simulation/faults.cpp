#include "raft/core/quorum.h"
#include "tests/simulation/simulated_group.h"

namespace marquee::raft::simulation {

void simulated_group::fail_forever() {
  if (healed_) return;
  fail_somehow();
  after(random_.between(1, 2 * fault_interval_us_), [this] { fail_forever(); });
}

/// One machine, or each of several at the same moment. Sometimes it is only that every process is killed:
/// that must not cost anything.
void simulated_group::lose_power_somewhere() {
  if (random_.chance(1, 5)) {
    if (tracing()) trace("---- every process is killed");
    for (const auto& one : replicas_) one->crash();
    return;
  }
  take_power_from(any());
  if (!majorities_lose_power_ || random_.chance(2, 3)) return;
  for (const auto& one : replicas_)
    if (random_.chance(2, 3)) take_power_from(*one);
}

bool simulated_group::others_are_whole(const simulated_replica& one) {
  return has_quorum(members_, [&](const replica_id& voter) {
    return voter != one.id() && !by_broker(voter.broker).log().doubt().open;
  });
}

/// Of a majority that is damaged at once nobody can say what was there.
void simulated_group::damage_somewhere() {
  simulated_replica& one = any();
  if (!others_are_whole(one) || !one.damage(damage_is_overlooked_)) return one.crash();
  ++counts_.damages;
}

void simulated_group::take_power_from(simulated_replica& one) {
  if (!majorities_lose_power_ && !others_are_whole(one)) return one.crash();
  ++counts_.power_losses;
  one.lose_power();
}

void simulated_group::fail_somehow() {
  if (relaxed_ && random_.chance(1, 4)) return lose_power_somewhere();
  if (damaged_ && random_.chance(1, 5)) return damage_somewhere();
  simulated_replica* leads = leader();
  simulated_replica& victim = leads != nullptr && random_.chance(1, 2) ? *leads : any();
  switch (random_.below(15)) {
    case 0:
    case 1:
      return victim.crash();
    case 2:
    case 3:
    case 4:
      return victim.light_fuse(static_cast<int>(random_.between(1, 30)));
    case 5:
      return split();
    case 6:
      return isolate(victim.id());
    case 7:
      return cut_one_way();
    case 8:
    case 9:
      if (tracing() && !cut_.empty()) trace("---- all links work again");
      return cut_.clear();
    case 10:
      return change_weather();
    case 11:
      return victim.stall_disk_for(random_.between(1'000, 2'000'000));
    case 12:
      if (random_.chance(1, 2)) return break_connection();
      return victim.pause_for(random_.between(10'000, 1'500'000));
    case 13:
      return victim.refuse_writes_for(random_.between(1'000, 1'000'000));
    default:
      return hand_over();
  }
}

void simulated_group::split() {
  if (tracing()) trace("---- the network is split in two");
  cut_.clear();
  std::set<broker_id> one_side;
  for (const auto& one : replicas_)
    if (random_.chance(1, 2)) one_side.insert(one->id().broker);
  for (const auto& from : replicas_)
    for (const auto& to : replicas_)
      if (one_side.contains(from->id().broker) != one_side.contains(to->id().broker))
        cut_.insert({from->id().broker, to->id().broker});
}

void simulated_group::isolate(const replica_id& replica) {
  if (tracing()) trace("---- replica " + to_string(replica) + " is cut off");
  for (const auto& other : replicas_) {
    cut_.insert({replica.broker, other->id().broker});
    cut_.insert({other->id().broker, replica.broker});
  }
}

void simulated_group::cut_one_way() {
  const broker_id from = any().id().broker;
  const broker_id to = any().id().broker;
  if (tracing())
    trace("---- nothing gets from " + std::to_string(from.value()) + " to " + std::to_string(to.value()));
  cut_.insert({from, to});
}

void simulated_group::change_weather() {
  weather_ = {};
  if (random_.chance(1, 3)) return;
  weather_.lost_per_mille = random_.chance(1, 2) ? random_.below(300) : 0;
  weather_.repeated_per_mille = random_.chance(1, 2) ? random_.below(500) : 0;
  weather_.late_per_mille = random_.chance(1, 2) ? random_.below(200) : 0;
  weather_.delay_most_us = random_.between(1, 60) * 1000;
}

void simulated_group::restart_later(simulated_replica& one) {
  const std::int64_t most_us = random_.chance(1, 2) ? 50'000 : 3'000'000;
  after(random_.between(1'000, most_us), [this, &one] {
    one.start();
    for (const auto& other : replicas_)
      if (other.get() != &one && random_.chance(3, 4)) other->peer_up(one.id().broker);
  });
}

/// The connection between two of them breaks although both live, and comes back.
void simulated_group::break_connection() {
  simulated_replica& one = any();
  simulated_replica& other = any();
  if (&one == &other) return;
  if (tracing()) trace("---- connection " + to_string(one.id()) + " to " + to_string(other.id()) + " breaks");
  one.peer_down(other.id().broker);
  other.peer_down(one.id().broker);
  after(random_.between(0, 200'000), [&one, &other] {
    one.peer_up(other.id().broker);
    other.peer_up(one.id().broker);
  });
}

void simulated_group::hand_over() {
  simulated_replica* from = leader();
  if (from != nullptr) from->hand_over_to(any().id());
}

}  // namespace marquee::raft::simulation
