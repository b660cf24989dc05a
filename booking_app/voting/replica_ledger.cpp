#include "booking_app/voting/replica_ledger.h"

#include <algorithm>

namespace marquee::booking {
namespace {

void retire(replica_ledger::replica& one, std::string reason) {
  one.state = replica_state::retired;
  one.reason = std::move(reason);
}

std::string offsets_text(const std::set<std::int64_t>& offsets) {
  std::string text;
  for (const std::int64_t offset : offsets) text += (text.empty() ? "" : ", ") + std::to_string(offset);
  return text;
}

}  // namespace

std::string_view to_string(replica_state state) {
  switch (state) {
    case replica_state::catching_up:
      return "CATCHING_UP";
    case replica_state::voting:
      return "VOTING";
    case replica_state::retired:
      return "RETIRED";
  }
  return "";
}

replica_ledger::replica_ledger(const std::vector<std::string>& replicas) {
  for (const std::string& name : replicas) replicas_.try_emplace(name);
}

void replica_ledger::apply(const ledger_entry& entry) {
  std::visit([this](const auto& one) { fold(one); }, entry);
}

const replica_ledger::replica* replica_ledger::find(const std::string& name) const {
  const auto found = replicas_.find(name);
  return found == replicas_.end() ? nullptr : &found->second;
}

std::set<std::string> replica_ledger::voting() const {
  std::set<std::string> names;
  for (const auto& [name, one] : replicas_)
    if (one.state == replica_state::voting) names.insert(name);
  return names;
}

template <class Entry>
replica_ledger::replica* replica_ledger::living(const Entry& entry) {
  const auto found = replicas_.find(entry.replica);
  if (found == replicas_.end()) return nullptr;
  replica& one = found->second;
  return one.incarnation == entry.incarnation && one.state != replica_state::retired ? &one : nullptr;
}

void replica_ledger::fold(const replica_bug& entry) {
  replica* const one = living(entry);
  if (one == nullptr || entry.offset < one->newest_right_offset) return;
  if (!one->strike_offsets.insert(entry.offset).second) return;
  if (++one->strikes >= most_strikes) retire(*one, "wrong at offsets " + offsets_text(one->strike_offsets));
}

void replica_ledger::fold(const replica_silent& entry) {
  replica* const one = living(entry);
  if (one == nullptr || entry.offset <= one->newest_right_offset) return;
  if (!one->miss_offsets.insert(entry.offset).second) return;
  if (++one->misses >= most_misses) retire(*one, "silent at offsets " + offsets_text(one->miss_offsets));
}

void replica_ledger::fold(const replica_right& entry) {
  replica* const one = living(entry);
  if (one == nullptr) return;
  one->newest_right_offset = std::max(one->newest_right_offset, entry.offset);
  std::erase_if(one->strike_offsets, [&](std::int64_t offset) { return offset < entry.offset; });
  std::erase_if(one->miss_offsets, [&](std::int64_t offset) { return offset <= entry.offset; });
  one->strikes = static_cast<int>(one->strike_offsets.size());
  one->misses = static_cast<int>(one->miss_offsets.size());
}

void replica_ledger::fold(const replica_agreed& entry) {
  replica* const one = living(entry);
  if (one == nullptr || one->state != replica_state::catching_up) return;
  // What it did before it had the state of the majority is not held against it.
  *one = replica{.incarnation = entry.incarnation, .state = replica_state::voting, .agreement = entry};
}

void replica_ledger::fold(const replica_retired& entry) {
  if (replica* const one = living(entry); one != nullptr) retire(*one, entry.reason);
}

void replica_ledger::fold(const replica_started& entry) {
  const auto found = replicas_.find(entry.replica);
  if (found == replicas_.end() || entry.incarnation <= found->second.incarnation) return;
  found->second = replica{.incarnation = entry.incarnation};
}

void replica_ledger::fold(const voted_digest& entry) {
  if (!newest_digest_ || entry.offset > newest_digest_->offset) newest_digest_ = entry;
}

void replica_ledger::fold(const shared_producers& entry) {
  if (!producers_) producers_ = entry;
}

}  // namespace marquee::booking
