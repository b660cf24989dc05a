#pragma once

#include <map>
#include <string>
#include <string_view>

#include "booking_app/machine/digest.h"
#include "booking_app/machine/entity_digest.h"

namespace marquee::booking {

/// What was appended under locks to one target, in the order of the releases.
struct lock_file {
  std::string target;
  std::string content;
  growing_hash hash;
  digest_value share = {};
};

/// The digest covers a hash of the content, so that an append does not read all of it again.
struct lock_file_mark {
  const std::string& target;
  std::uint64_t high;
  std::uint64_t low;
};

void describe(auto& archive, is_entity<lock_file_mark> auto& m) {
  archive(m.target, m.high, m.low);
}
void describe(auto& archive, is_entity<lock_file> auto& f) {
  archive(f.target, f.content);
}

class lock_file_table {
 public:
  explicit lock_file_table(entity_digest& digest) : digest_(digest) {}

  /// Empty if nobody wrote.
  [[nodiscard]] std::string_view content(std::string_view target) const;
  void append(std::string_view target, std::string_view data);

  void visit(auto&& visitor) const {
    for (const auto& [target, file] : files_) visitor(entity_kind::lock_file, file);
  }
  /// As the digest sees them; the hashes are computed from the contents.
  void visit_marks(auto&& visitor) const {
    for (const auto& [target, file] : files_) {
      const digest_value hash = hash_of(file.content);
      visitor(entity_kind::lock_file, lock_file_mark{target, hash.high, hash.low});
    }
  }

 private:
  entity_digest& digest_;
  std::map<std::string, lock_file, std::less<>> files_;
};

}  // namespace marquee::booking
