#include "booking_app/voting/replica_judge.h"

#include <algorithm>
#include <utility>

namespace marquee::booking {
namespace {

constexpr std::size_t others_needed = 2;

std::size_t together(const std::set<std::int64_t>& folded, const std::map<std::int64_t, std::int64_t>& open) {
  std::size_t count = folded.size();
  for (const auto& [offset, given_ms] : open) count += folded.contains(offset) ? 0 : 1;
  return count;
}

/// Whether one of the offsets lies in [from, before).
bool any_between(const std::set<std::int64_t>& folded, const std::map<std::int64_t, std::int64_t>& open,
                 std::int64_t from, std::int64_t before) {
  const auto first = folded.lower_bound(from);
  const auto first_open = open.lower_bound(from);
  return (first != folded.end() && *first < before) ||
         (first_open != open.end() && first_open->first < before);
}

}  // namespace

replica_judge::entries replica_judge::on_vote(const vote& one, const vote_table::result_of_vote& outcome,
                                              const replica_ledger& ledger, std::int64_t now_ms) {
  entries out;
  if (ledger.find(one.replica) == nullptr) return out;  // anybody can write to the topic of replies
  heard_[one.replica].vote_ms = now_ms;
  if (outcome.decided) judge_decision(*outcome.decided, ledger, now_ms, out);
  if (outcome.right) judge_vote(one.replica, one.at_offset, *outcome.right, ledger, now_ms, out);
  return out;
}

replica_judge::entries replica_judge::on_recount(const std::vector<vote_table::recounted_answer>& changed,
                                                 const replica_ledger& ledger, std::int64_t now_ms) {
  entries out;
  for (const vote_table::recounted_answer& each : changed)
    if (each.decided) judge_decision(*each.decided, ledger, now_ms, out);
  return out;
}

replica_judge::entries replica_judge::on_silences(const std::vector<vote_table::missing_votes>& silences,
                                                  const replica_ledger& ledger, std::int64_t now_ms) {
  entries out;
  for (const vote_table::missing_votes& each : silences)
    for (const std::string& replica : each.replicas) miss(replica, each.at_offset, ledger, now_ms, out);
  return out;
}

void replica_judge::on_status(const status_answer& answer, std::int64_t now_ms) {
  heard_of& known = heard_[answer.replica];
  if (known.incarnation == answer.incarnation) known.status_ms = now_ms;
}

replica_judge::entries replica_judge::on_round(const digest_round& round, const replica_ledger& ledger,
                                               std::int64_t now_ms) {
  entries out;
  for (const std::string& replica : round.broken)
    retire(replica, "its state does not have the digest that it keeps", ledger, now_ms, out);
  if (!round.digest) return out;
  for (const std::string& replica : round.differ) strike(replica, round.offset, ledger, now_ms, out);
  for (const std::string& replica : round.agree) {
    const replica_ledger::replica* const known = ledger.find(replica);
    if (known == nullptr || known->state != replica_state::catching_up) continue;
    open_entries& given = open(replica, known->incarnation, now_ms);
    if (given.agreed_ms) continue;
    given.agreed_ms = now_ms;
    out.push_back(replica_agreed{replica, known->incarnation, round.offset, *round.digest, options_.by});
  }
  confirm(round.offset, *round.digest, ledger, now_ms, out);
  return out;
}

replica_judge::entries replica_judge::on_time(const replica_ledger& ledger, std::int64_t now_ms) {
  // Whoever was asleep for half of that time has not listened: everybody gets the whole time once more.
  const bool was_asleep = last_time_ms_ && now_ms - *last_time_ms_ >= options_.heartbeat_ms / 2;
  last_time_ms_ = now_ms;
  const bool is_cut_off = heard_lately(ledger, {}, now_ms) < others_needed;
  entries out;
  for (const auto& [name, one] : ledger.replicas()) {
    heard_of& known = heard_[name];
    if (known.incarnation != one.incarnation)
      known = heard_of{.incarnation = one.incarnation, .since_ms = now_ms};
    if (was_asleep) {
      known.since_ms = now_ms;
      if (known.status_ms) known.status_ms = now_ms;
    }
    if (is_cut_off) known.excused_ms = now_ms;
    if (one.state == replica_state::retired) continue;
    const std::int64_t patience_ms = known.status_ms
                                         ? options_.heartbeat_ms
                                         : std::max(options_.heartbeat_ms, options_.first_heartbeat_ms);
    if (now_ms - std::max(known.status_ms.value_or(known.since_ms), known.excused_ms) >= patience_ms)
      retire(name, "no answer for " + std::to_string(patience_ms) + " ms", ledger, now_ms, out);
  }
  return out;
}

void replica_judge::on_folded(const ledger_entry& entry) {
  const auto about = [this](const auto& one) -> open_entries* {
    const auto found = open_.find(one.replica);
    return found != open_.end() && found->second.incarnation == one.incarnation ? &found->second : nullptr;
  };
  if (const auto* bug = std::get_if<replica_bug>(&entry)) {
    if (open_entries* const given = about(*bug)) given->strikes.erase(bug->offset);
  } else if (const auto* silent = std::get_if<replica_silent>(&entry)) {
    if (open_entries* const given = about(*silent)) given->misses.erase(silent->offset);
  } else if (const auto* right = std::get_if<replica_right>(&entry)) {
    if (open_entries* const given = about(*right)) given->rights.erase(right->offset);
  } else if (const auto* agreed = std::get_if<replica_agreed>(&entry)) {
    if (open_entries* const given = about(*agreed)) given->agreed_ms.reset();
  } else if (const auto* retired = std::get_if<replica_retired>(&entry)) {
    if (open_entries* const given = about(*retired)) given->retired_ms.reset();
  }
}

void replica_judge::judge_decision(const decision& made, const replica_ledger& ledger, std::int64_t now_ms,
                                   entries& out) {
  for (const std::string& replica : made.different)
    judge_vote(replica, made.agreed.at_offset, false, ledger, now_ms, out);
  for (const std::string& replica : made.right)
    judge_vote(replica, made.agreed.at_offset, true, ledger, now_ms, out);
  confirm(made.agreed.at_offset, made.agreed.digest, ledger, now_ms, out);
}

void replica_judge::judge_vote(const std::string& replica, std::int64_t at_offset, bool right,
                               const replica_ledger& ledger, std::int64_t now_ms, entries& out) {
  // One that is catching up does not vote yet; rounds of digests say whether it has the right state.
  const replica_ledger::replica* const known = ledger.find(replica);
  if (known == nullptr || known->state != replica_state::voting) return;
  if (!right) {
    strike(replica, at_offset, ledger, now_ms, out);
    return;
  }
  heard_of& heard = heard_[replica];
  heard.right_offset = std::max(heard.right_offset, at_offset);
  clear(replica, at_offset, ledger, now_ms, out);
}

void replica_judge::strike(const std::string& replica, std::int64_t offset, const replica_ledger& ledger,
                           std::int64_t now_ms, entries& out) {
  const replica_ledger::replica* const known = ledger.find(replica);
  if (known == nullptr || known->state == replica_state::retired || offset < known->newest_right_offset ||
      known->strike_offsets.contains(offset))
    return;
  open_entries& given = open(replica, known->incarnation, now_ms);
  if (together(known->strike_offsets, given.strikes) >= replica_ledger::most_strikes) return;
  if (!given.strikes.emplace(offset, now_ms).second) return;
  out.push_back(replica_bug{replica, known->incarnation, offset, options_.by});
}

void replica_judge::miss(const std::string& replica, std::int64_t offset, const replica_ledger& ledger,
                         std::int64_t now_ms, entries& out) {
  const replica_ledger::replica* const known = ledger.find(replica);
  if (known == nullptr || known->state != replica_state::voting || offset <= known->newest_right_offset ||
      known->miss_offsets.contains(offset))
    return;
  if (heard_[replica].right_offset > offset || !others_answer(replica, ledger, now_ms)) return;
  open_entries& given = open(replica, known->incarnation, now_ms);
  if (together(known->miss_offsets, given.misses) >= replica_ledger::most_misses) return;
  if (!given.misses.emplace(offset, now_ms).second) return;
  out.push_back(replica_silent{replica, known->incarnation, offset, options_.by});
}

void replica_judge::clear(const std::string& replica, std::int64_t offset, const replica_ledger& ledger,
                          std::int64_t now_ms, entries& out) {
  const replica_ledger::replica& known = *ledger.find(replica);
  open_entries& given = open(replica, known.incarnation, now_ms);
  // What a right vote that is under way will clear needs no second one.
  const std::int64_t cleared = given.rights.empty() ? -1 : given.rights.rbegin()->first;
  if (!any_between(known.strike_offsets, given.strikes, cleared, offset) &&
      !any_between(known.miss_offsets, given.misses, cleared + 1, offset + 1))
    return;
  given.rights.emplace(offset, now_ms);
  out.push_back(replica_right{replica, known.incarnation, offset, options_.by});
}

void replica_judge::retire(const std::string& replica, std::string reason, const replica_ledger& ledger,
                           std::int64_t now_ms, entries& out) {
  const replica_ledger::replica* const known = ledger.find(replica);
  if (known == nullptr || known->state == replica_state::retired || !others_answer(replica, ledger, now_ms))
    return;
  open_entries& given = open(replica, known->incarnation, now_ms);
  if (given.retired_ms) return;
  given.retired_ms = now_ms;
  out.push_back(replica_retired{replica, known->incarnation, std::move(reason), options_.by});
}

void replica_judge::confirm(std::int64_t offset, const std::string& digest, const replica_ledger& ledger,
                            std::int64_t now_ms, entries& out) {
  const std::int64_t folded = ledger.newest_digest() ? ledger.newest_digest()->offset : -1;
  const bool under_way = now_ms - digest_given_ms_ < options_.lost_after_ms;
  const std::int64_t newest = under_way ? std::max(folded, digest_offset_) : folded;
  if (offset < 0 ||
      offset / options_.digest_every <= std::max<std::int64_t>(newest, 0) / options_.digest_every)
    return;
  digest_offset_ = offset;
  digest_given_ms_ = now_ms;
  out.push_back(voted_digest{offset, digest, options_.by});
}

/// What is under way about the incarnation; forgets what must have been lost.
replica_judge::open_entries& replica_judge::open(const std::string& replica, std::int64_t incarnation,
                                                 std::int64_t now_ms) {
  open_entries& given = open_[replica];
  if (given.incarnation != incarnation) given = open_entries{.incarnation = incarnation};
  const auto is_lost = [&](std::int64_t given_ms) { return now_ms - given_ms >= options_.lost_after_ms; };
  for (auto* const list : {&given.strikes, &given.misses, &given.rights})
    std::erase_if(*list, [&](const auto& entry) { return is_lost(entry.second); });
  for (auto* const one : {&given.agreed_ms, &given.retired_ms})
    if (*one && is_lost(**one)) one->reset();
  return given;
}

bool replica_judge::others_answer(const std::string& replica, const replica_ledger& ledger,
                                  std::int64_t now_ms) const {
  return heard_lately(ledger, replica, now_ms) >= others_needed;
}

std::size_t replica_judge::heard_lately(const replica_ledger& ledger, const std::string& but,
                                        std::int64_t now_ms) const {
  std::size_t count = 0;
  for (const std::string& name : ledger.voting()) {
    const auto found = heard_.find(name);
    if (name == but || found == heard_.end()) continue;
    const heard_of& known = found->second;
    const std::int64_t newest_ms = std::max(known.status_ms.value_or(-1), known.vote_ms);
    if (newest_ms >= 0 && now_ms - newest_ms <= options_.heartbeat_ms / 2) ++count;
  }
  return count;
}

}  // namespace marquee::booking
