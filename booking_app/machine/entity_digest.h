#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include "booking_app/machine/canonical.h"
#include "booking_app/machine/digest.h"

namespace marquee::booking {

/// The first byte of an entity's canonical bytes, so that no two kinds are ever the same bytes.
enum class entity_kind : std::uint8_t {
  settings = 1,
  client,
  stored_answer,
  session,
  show,
  show_progress,
  seat,
  hold,
  booking,
  waiting_entry,
  admission,
  lock,
  lock_waiter,
  staged_append,
  lock_file,
  token_counter,
};

/// For parameters of `describe`: the entity to be written, or the one to be read into.
template <class T, class Entity>
concept is_entity = std::same_as<std::remove_const_t<T>, Entity>;

/// The digest of the whole state while it changes. Every table calls `update` after each change of an entity
/// and `remove` before it drops one. Owned by the state, one thread.
class entity_digest {
 public:
  template <class Entity>
  void update(entity_kind kind, Entity& entity) {
    update_share(kind, entity.share, entity);
  }
  /// For what keeps its share elsewhere.
  template <class Entity>
  void update_share(entity_kind kind, digest_value& share, const Entity& entity) {
    sum_.replace(share, canonical_bytes(kind, entity));
  }
  void remove(auto& entity) { sum_.remove(entity.share); }
  void remove_share(digest_value& share) { sum_.remove(share); }
  /// Adds an entity without remembering its share: this is how the digest is computed again from nothing.
  template <class Entity>
  void add(entity_kind kind, const Entity& entity) {
    digest_value share;
    sum_.replace(share, canonical_bytes(kind, entity));
  }
  [[nodiscard]] const digest_value& total() const { return sum_.total(); }

 private:
  template <class Entity>
  const std::string& canonical_bytes(entity_kind kind, const Entity& entity) {
    scratch_.clear();
    scratch_.push_back(static_cast<char>(kind));
    canonical_writer writer(scratch_, canonical_writer::purpose::digest);
    describe(writer, entity);
    return scratch_;
  }

  digest_sum sum_;
  std::string scratch_;
};

}  // namespace marquee::booking
