#include "booking_app/machine/waiting_list_table.h"

namespace marquee::booking {

const waiting_entry* waiting_list_table::find(std::string_view show, std::string_view client) const {
  const auto found = by_client_.find({std::string(show), std::string(client)});
  return found == by_client_.end() ? nullptr : &lists_.find(show)->second.at(found->second);
}

std::int64_t waiting_list_table::length(std::string_view show) const {
  const auto found = lists_.find(show);
  return found == lists_.end() ? 0 : static_cast<std::int64_t>(found->second.size());
}

std::vector<std::pair<std::string, std::int64_t>> waiting_list_table::of_session(std::int64_t session) const {
  std::vector<std::pair<std::string, std::int64_t>> entries;
  for (auto it = by_session_.lower_bound({session, {}}); it != by_session_.end() && it->first == session;
       ++it)
    entries.push_back(it->second);
  return entries;
}

void waiting_list_table::add(waiting_entry joined) {
  const std::int64_t place = joined.joined;
  waiting_entry& added = lists_[joined.show].insert_or_assign(place, std::move(joined)).first->second;
  by_client_[{added.show, added.client}] = place;
  if (added.session) by_session_.insert({*added.session, {added.show, place}});
  digest_.update(entity_kind::waiting_entry, added);
}

void waiting_list_table::remove(std::string_view show, std::int64_t joined) {
  const auto entries = lists_.find(show);
  const auto found = entries->second.find(joined);
  waiting_entry& gone = found->second;
  by_client_.erase({gone.show, gone.client});
  if (gone.session) by_session_.erase({*gone.session, {gone.show, joined}});
  digest_.remove(gone);
  entries->second.erase(found);
  if (entries->second.empty()) lists_.erase(entries);
}

void waiting_list_table::remove_all(std::string_view show) {
  for (auto entries = lists_.find(show); entries != lists_.end(); entries = lists_.find(show))
    remove(show, entries->second.begin()->first);
}

}  // namespace marquee::booking
