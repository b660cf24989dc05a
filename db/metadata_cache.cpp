#include "db/metadata_cache.h"

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
  if (changes.version <= known) return applied::nothing_new;
  if (changes.above > known) return applied::gap;

  auto next = std::make_shared<metadata_snapshot>(*snapshot_);
  next->version_ = changes.version;
  next->cluster_id_ = changes.cluster.cluster_id;
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
  for (const broker_row& broker : changes.brokers) next->brokers_[broker.id] = broker;
  deleted_producers_.insert(changes.deleted_producers.begin(), changes.deleted_producers.end());
  deleted_consumers_.insert(changes.deleted_consumers.begin(), changes.deleted_consumers.end());
  if (!ids_) ids_ = std::make_shared<const opaque_id_codec>(changes.cluster.id_key);
  snapshot_ = std::move(next);
  return applied::news;
}

}  // namespace marquee::db
