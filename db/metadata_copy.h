#pragma once

#include <string>

#include "base/result.h"
#include "db/metadata_rows.h"

namespace marquee::db {

/// A manager's copy of the metadata in a file, so that it can serve what was known when it starts while
/// PostgreSQL is away. It holds the key of producer and consumer ids, so only its owner can read it. Losing
/// or removing it costs nothing but that; the truth is in PostgreSQL. Belongs to one thread.
class metadata_copy {
 public:
  /// An empty path: there is no copy.
  explicit metadata_copy(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Errors: not_found (no copy yet, or none wanted), refused (others may read it), corrupt, unsupported, io.
  [[nodiscard]] result<metadata_changes> load() const;
  /// Replaces the copy by `everything` (changes above 0). Errors: io, no_space.
  [[nodiscard]] result<> save(const metadata_changes& everything) const;

 private:
  std::string path_;
};

}  // namespace marquee::db
