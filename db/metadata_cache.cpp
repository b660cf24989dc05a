#include "db/metadata_cache.h"

#include <algorithm>

namespace marquee::db {

topic_pointer metadata_snapshot::find_topic(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

topic_pointer metadata_snapshot::find_topic(const uuid& topic_id) const {
  const auto found = by_id_.find(topic_id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::shared_ptr<const metadata_snapshot> metadata_cache::snapshot() const {
  const std::shared_lock lock(mutex_);
  return snapshot_;
}

bool metadata_cache::producer_deleted(std::int64_t number) const {
  const std::shared_lock lock(mutex_);
  return deleted_producers_.contains(number);
}

bool metadata_cache::consumer_deleted(std::int64_t number) const {
  const std::shared_lock lock(mutex_);
  return deleted_consumers_.contains(number);
}

std::shared_ptr<const opaque_id_codec> metadata_cache::ids() const {
  const std::shared_lock lock(mutex_);
  return ids_;
}

metadata_cache::applied metadata_cache::apply(const metadata_changes& changes) {
  const std::unique_lock lock(mutex_);
  const metadata_version known = snapshot_->version();
  if (known > 0 && changes.cluster.cluster_id != snapshot_->cluster_id_) return applied::other_cluster;
  const bool restored = known > 0 && changes.history != snapshot_->history_;
  if (changes.version < changes.above) return applied::older;
  if (restored && changes.above > 0) return applied::other_history;
  if (changes.version <= known && !restored) return applied::nothing_new;
  if (changes.above > known) return applied::gap;

  auto next =
      restored ? std::make_shared<metadata_snapshot>() : std::make_shared<metadata_snapshot>(*snapshot_);
  next->version_ = changes.version;
  if (restored) next->complete_above_ = changes.version;
  next->cluster_id_ = changes.cluster.cluster_id;
  next->history_ = changes.history;
  for (const topic_row& changed : changes.topics) {
    // A read from further back repeats rows that are known in this or a newer form.
    if (const topic_pointer old = next->find_topic(changed.topic_id); old && old->version >= changed.version)
      continue;
    const auto topic = std::make_shared<const topic_row>(changed);
    next->by_id_[topic->topic_id] = topic;
    if (!topic->deleted()) {
      next->by_name_[topic->name] = topic;
    } else if (const auto place = next->by_name_.find(topic->name);
               place != next->by_name_.end() && place->second->topic_id == topic->topic_id) {
      // Else the name belongs to a younger topic already.
      next->by_name_.erase(place);
    }
  }
  for (const broker_row& broker : changes.brokers) {
    if (broker.removed())
      next->brokers_.erase(broker.id);
    else
      next->brokers_[broker.id] = broker;
  }
  // What was deleted once stays deleted, also when a backup does not know of it.
  deleted_producers_.insert(changes.deleted_producers.begin(), changes.deleted_producers.end());
  deleted_consumers_.insert(changes.deleted_consumers.begin(), changes.deleted_consumers.end());
  if (!ids_) {
    id_key_ = changes.cluster.id_key;
    ids_ = std::make_shared<const opaque_id_codec>(id_key_);
  }
  snapshot_ = std::move(next);
  return applied::news;
}

metadata_changes metadata_cache::all() const {
  const std::shared_lock lock(mutex_);
  metadata_changes everything;
  everything.version = snapshot_->version_;
  everything.cluster = {snapshot_->cluster_id_, id_key_};
  everything.history = snapshot_->history_;
  for (const auto& [id, topic] : snapshot_->by_id_) everything.topics.push_back(*topic);
  // A name's tombstones come before its live topic, as they did in PostgreSQL.
  std::ranges::sort(everything.topics, {}, &topic_row::version);
  for (const auto& [id, broker] : snapshot_->brokers_) everything.brokers.push_back(broker);
  everything.deleted_producers.assign(deleted_producers_.begin(), deleted_producers_.end());
  everything.deleted_consumers.assign(deleted_consumers_.begin(), deleted_consumers_.end());
  return everything;
}

}  // namespace marquee::db
