#include "kafka/leader_table.h"

namespace marquee::kafka {

bool leader_table::note(const group_id& partition, term_number term, std::optional<broker_id> leader) {
  const auto [found, is_new] = entries_.try_emplace(partition, entry{term, leader});
  if (is_new) return true;
  entry& known = found->second;
  if (term < known.term) return false;
  // A term has at most one leader: who does not know it has nothing to say against who does.
  if (term == known.term && (!leader || known.leader == leader)) return false;
  known = {term, leader};
  return true;
}

void leader_table::note_not_leader(const group_id& partition, broker_id broker) {
  const auto found = entries_.find(partition);
  if (found != entries_.end() && found->second.leader == broker) found->second.leader.reset();
}

void leader_table::forget_topic(const uuid& topic_id) {
  std::erase_if(entries_, [&](const auto& item) { return item.first.topic_id == topic_id; });
}

std::optional<broker_id> leader_table::leader_of(const group_id& partition) const {
  const auto found = entries_.find(partition);
  return found == entries_.end() ? std::nullopt : found->second.leader;
}

term_number leader_table::term_of(const group_id& partition) const {
  const auto found = entries_.find(partition);
  return found == entries_.end() ? term_number{} : found->second.term;
}

}  // namespace marquee::kafka
