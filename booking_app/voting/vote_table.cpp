#include "booking_app/voting/vote_table.h"

#include <algorithm>
#include <utility>

namespace marquee::booking {
namespace {

/// More than there are replicas; what is beyond them was written by somebody else.
constexpr std::size_t most_parties = 16;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::size_t counted(const std::vector<std::string>& replicas, const std::set<std::string>& counting) {
  return static_cast<std::size_t>(
      std::ranges::count_if(replicas, [&](const std::string& name) { return counting.contains(name); }));
}

}  // namespace

vote_table::result_of_vote vote_table::add(const vote& one, const std::set<std::string>& counting,
                                           std::int64_t now_ms) {
  const auto [place, is_new] = answers_.try_emplace(one.answer());
  if (is_new) undecided_.insert(place->first);
  tally& of = place->second;
  auto joined =
      std::ranges::find_if(of.parties, [&](const party& each) { return each.first.agrees_with(one); });
  if (joined == of.parties.end()) {
    if (of.parties.size() >= most_parties) return {};
    of.parties.push_back({one, {}});
    joined = of.parties.end() - 1;
  }
  if (contains(joined->replicas, one.replica)) return {};
  joined->replicas.push_back(one.replica);
  result_of_vote outcome;
  if (of.agreed) {
    outcome.right = of.parties[*of.agreed].first.agrees_with(one);
    joined->first.text.clear();
    std::erase(of.missing, one.replica);
  } else {
    outcome.hopeless = decide(of, counting, now_ms, outcome.decided);
  }
  if (answers_.size() > bounds_.most_answers) remove_oldest();
  return outcome;
}

std::vector<vote_table::recounted_answer> vote_table::recount(const std::set<std::string>& counting,
                                                              std::int64_t now_ms) {
  std::vector<recounted_answer> changed;
  for (const answer_id& answer : std::vector(undecided_.begin(), undecided_.end())) {
    recounted_answer each{.answer = answer};
    each.hopeless = decide(answers_.at(answer), counting, now_ms, each.decided);
    if (each.decided || each.hopeless) changed.push_back(std::move(each));
  }
  return changed;
}

void vote_table::forget_votes_of(const std::string& replica) {
  for (const answer_id& answer : undecided_)
    for (party& each : answers_.at(answer).parties) std::erase(each.replicas, replica);
}

/// Whether it has just become hopeless.
bool vote_table::decide(tally& of, const std::set<std::string>& counting, std::int64_t now_ms,
                        std::optional<decision>& decided) {
  std::size_t largest = 0;
  std::set<std::string> missing = counting;
  for (std::size_t i = 0; i < of.parties.size(); ++i) {
    for (const std::string& replica : of.parties[i].replicas) missing.erase(replica);
    const std::size_t votes = counted(of.parties[i].replicas, counting);
    largest = std::max(largest, votes);
    if (votes < bounds_.needed) continue;
    of.agreed = i;
    of.decided_ms = now_ms;
    decided = conclude(of, counting);
    undecided_.erase(decided->agreed.answer());
    in_order_of_decision_.push_back(decided->agreed.answer());
    return false;
  }
  const bool hopeless = counting.size() >= bounds_.needed && largest + missing.size() < bounds_.needed;
  return hopeless && !std::exchange(of.hopeless, true);
}

decision vote_table::conclude(tally& of, const std::set<std::string>& counting) {
  decision made{.agreed = of.parties[*of.agreed].first, .right = {}, .different = {}};
  std::set<std::string> missing = counting;
  for (party& each : of.parties) {
    each.first.text.clear();
    for (const std::string& replica : each.replicas) missing.erase(replica);
  }
  of.missing.assign(missing.begin(), missing.end());
  for (std::size_t i = 0; i < of.parties.size(); ++i) {
    if (i == *of.agreed) continue;
    for (const std::string& replica : of.parties[i].replicas)
      if (counting.contains(replica) && !contains(made.different, replica)) made.different.push_back(replica);
  }
  for (const std::string& replica : of.parties[*of.agreed].replicas)
    if (counting.contains(replica) && !contains(made.different, replica)) made.right.push_back(replica);
  return made;
}

std::vector<vote_table::missing_votes> vote_table::take_silences(const std::set<std::string>& counting,
                                                                 std::int64_t now_ms,
                                                                 std::int64_t silence_ms) {
  if (last_look_ms_ && now_ms - *last_look_ms_ >= silence_ms) restart_silences(now_ms);
  last_look_ms_ = now_ms;
  std::vector<missing_votes> found;
  while (!in_order_of_decision_.empty()) {
    const auto place = answers_.find(in_order_of_decision_.front());
    if (place != answers_.end()) {
      const tally& of = place->second;
      if (now_ms - std::max(of.decided_ms, not_before_ms_) < silence_ms) break;
      missing_votes silent{.at_offset = place->first.at_offset, .replicas = of.missing};
      std::erase_if(silent.replicas, [&](const std::string& name) { return !counting.contains(name); });
      if (!silent.replicas.empty()) found.push_back(std::move(silent));
    }
    in_order_of_decision_.pop_front();
  }
  return found;
}

void vote_table::remove_oldest() {
  undecided_.erase(answers_.begin()->first);
  answers_.erase(answers_.begin());
}

}  // namespace marquee::booking
