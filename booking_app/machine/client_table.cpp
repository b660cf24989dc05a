#include "booking_app/machine/client_table.h"

#include <algorithm>
#include <utility>

#include "booking_app/machine/priced_seat.h"

namespace marquee::booking {

const client* client_table::find(std::string_view id) const {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : &found->second;
}

client& client_table::open(std::string_view id) {
  const auto found = clients_.find(id);
  if (found != clients_.end()) return found->second;
  client& added = clients_.try_emplace(std::string(id)).first->second;
  added.id = id;
  digest_.update(entity_kind::client, added);
  return added;
}

void client_table::acknowledge(client& known, std::int64_t ack_below) {
  if (ack_below <= known.ack_below) return;
  known.ack_below = ack_below;
  trim(known);
  digest_.update(entity_kind::client, known);
}

bool client_table::is_too_old(const client& known, std::int64_t sequence) {
  return sequence < known.ack_below || sequence <= known.highest_sequence - window;
}

const stored_answer* client_table::find_answer(const client& known, const answer_key& key) {
  if (key.is_sequence()) {
    const auto found = known.by_sequence.find(key.sequence);
    return found == known.by_sequence.end() ? nullptr : &found->second;
  }
  const auto found = known.by_key.find(key.key);
  return found == known.by_key.end() ? nullptr : &found->second;
}

stored_answer* client_table::find_mutable(client& known, const answer_key& key) {
  return const_cast<stored_answer*>(find_answer(known, key));
}

void client_table::store(client& known, const answer_key& key, stored_answer executed) {
  if (!key.is_sequence()) ages_.push_back({executed.first_used_ms, executed.offset, &known});
  insert(known, key, std::move(executed));
  if (key.sequence > known.highest_sequence) {
    known.highest_sequence = key.sequence;
    trim(known);
    digest_.update(entity_kind::client, known);
  }
  if (known.by_key.size() > most_keys) drop_key(known, known.keys_by_offset.begin()->first);
}

void client_table::insert(client& known, const answer_key& key, stored_answer added) {
  stored_answer* place = nullptr;
  if (key.is_sequence()) {
    place = &known.by_sequence.insert_or_assign(key.sequence, std::move(added)).first->second;
  } else {
    known.keys_by_offset.emplace(added.offset, key.key);
    place = &known.by_key.insert_or_assign(key.key, std::move(added)).first->second;
  }
  digest_.update_share(entity_kind::stored_answer, place->share, keyed_answer{known.id, key, *place});
}

void client_table::replace(std::string_view id, const answer_key& key, std::int64_t offset,
                           const answer& content) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  stored_answer* const stored = find_mutable(found->second, key);
  if (stored == nullptr || stored->offset != offset) return;
  stored->content = content;
  digest_.update_share(entity_kind::stored_answer, stored->share,
                       keyed_answer{found->second.id, key, *stored});
}

void client_table::forget(std::int64_t time_ms) {
  while (!ages_.empty() && ages_.front().first_used_ms + remembered_ms <= time_ms) {
    drop_key(*ages_.front().owner, ages_.front().offset);
    ages_.pop_front();
  }
}

void client_table::trim(client& known) {
  const std::int64_t below = std::max(known.ack_below, known.highest_sequence - window + 1);
  while (!known.by_sequence.empty() && known.by_sequence.begin()->first < below) {
    digest_.remove(known.by_sequence.begin()->second);
    known.by_sequence.erase(known.by_sequence.begin());
  }
}

void client_table::drop_key(client& known, std::int64_t offset) {
  const auto found = known.keys_by_offset.find(offset);
  if (found == known.keys_by_offset.end()) return;
  const auto stored = known.by_key.find(found->second);
  digest_.remove(stored->second);
  known.by_key.erase(stored);
  known.keys_by_offset.erase(found);
}

void client_table::restore(client read) {
  client& added = open(read.id);
  added.highest_sequence = read.highest_sequence;
  added.ack_below = read.ack_below;
  digest_.update(entity_kind::client, added);
}

void client_table::restore_answer(const std::string& id, const answer_key& key, stored_answer read) {
  insert(open(id), key, std::move(read));
}

void client_table::restore_memory() {
  for (auto& [id, known] : clients_)
    for (const auto& [offset, text] : known.keys_by_offset)
      ages_.push_back({known.by_key.find(text)->second.first_used_ms, offset, &known});
  std::ranges::sort(ages_, {},
                    [](const aged_key& aged) { return std::pair(aged.first_used_ms, aged.offset); });
}

}  // namespace marquee::booking
