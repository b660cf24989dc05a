#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "db/metadata_rows.h"
#include "db/opaque_id.h"

namespace marquee::db {

using topic_pointer = std::shared_ptr<const topic_row>;

/// Topics and brokers as of one metadata version. Immutable: hold it for the length of a request.
class metadata_snapshot {
 public:
  [[nodiscard]] metadata_version version() const { return version_; }
  /// The live topic of that name, or null.
  [[nodiscard]] topic_pointer find_topic(std::string_view name) const;
  /// The topic of that id, which may be a tombstone; null if it never was.
  [[nodiscard]] topic_pointer find_topic(const uuid& topic_id) const;
  /// Live topics by name, internal ones too.
  [[nodiscard]] const std::map<std::string, topic_pointer, std::less<>>& topics() const { return by_name_; }
  /// Live topics and tombstones.
  [[nodiscard]] const std::unordered_map<uuid, topic_pointer>& topics_by_id() const { return by_id_; }
  [[nodiscard]] const std::map<broker_id, broker_row>& brokers() const { return brokers_; }
  [[nodiscard]] const uuid& cluster_id() const { return cluster_id_; }
  /// Changes above this version are complete. Whoever knows an older one has to be told everything: rows may
  /// be missing since, because a backup was restored.
  [[nodiscard]] metadata_version complete_above() const { return complete_above_; }

 private:
  friend class metadata_cache;
  metadata_version version_ = 0;
  metadata_version complete_above_ = 0;
  uuid cluster_id_;
  uuid history_;
  std::map<std::string, topic_pointer, std::less<>> by_name_;
  std::unordered_map<uuid, topic_pointer> by_id_;
  std::map<broker_id, broker_row> brokers_;
};

/// What a manager knows of PostgreSQL, so that no produce and no consume asks there (DESIGN D15). A state
/// machine over `metadata_changes`: its version never goes back, the same changes twice are harmless, and
/// after a restored backup only a full read counts. Owned by the process, filled by `metadata_follower`, read
/// by everybody. Thread-safe. Empty (version 0) until the first read; from then on it is never empty again,
/// whatever happens to PostgreSQL.
class metadata_cache {
 public:
  enum class applied : std::uint8_t {
    news,           ///< something changed
    nothing_new,    ///< the changes were known
    gap,            ///< they begin above what is known: read from `version()` on
    other_cluster,  ///< they come from another cluster's database: refused
    older,          ///< the database has gone back: an older state was restored
    other_history,  ///< an older state was restored since: everything must be read again, from 0
  };

  [[nodiscard]] std::shared_ptr<const metadata_snapshot> snapshot() const;
  [[nodiscard]] metadata_version version() const { return snapshot()->version(); }
  /// True once it was filled.
  [[nodiscard]] bool filled() const { return version() > 0; }
  [[nodiscard]] bool producer_deleted(std::int64_t number) const;
  [[nodiscard]] bool consumer_deleted(std::int64_t number) const;
  /// Null until it was filled.
  [[nodiscard]] std::shared_ptr<const opaque_id_codec> ids() const;

  applied apply(const metadata_changes& changes);
  /// Everything, as changes above 0.
  [[nodiscard]] metadata_changes all() const;

 private:
  mutable std::shared_mutex mutex_;
  std::shared_ptr<const metadata_snapshot> snapshot_ = std::make_shared<const metadata_snapshot>();
  std::shared_ptr<const opaque_id_codec> ids_;
  bytes id_key_;
  std::unordered_set<std::int64_t> deleted_producers_;
  std::unordered_set<std::int64_t> deleted_consumers_;
};

}  // namespace marquee::db
