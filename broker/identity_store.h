#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"

namespace marquee::broker {

/// Who this data directory is (DESIGN D8). Given once, never changed.
struct broker_identity {
  uuid cluster_id{};
  replica_id replica{};

  bool operator==(const broker_identity&) const = default;
};

/// The files `identity` and `boot` of a data directory. `identity` is written once, durably; `boot` counts
/// the starts. Used at start, by one thread.
class identity_store {
 public:
  identity_store(file_system& files, std::string data_dir) : files_(files), data_dir_(std::move(data_dir)) {}

  /// Nothing for a new data directory. Errors: corrupt, unsupported, io.
  [[nodiscard]] result<std::optional<broker_identity>> load() const;
  /// Errors: already_exists, io, no_space.
  [[nodiscard]] result<> save(const broker_identity& identity);
  /// One more start. Errors: corrupt, io, no_space.
  [[nodiscard]] result<boot_count> count_boot();
  /// A random one for a new disk; fits into a JSON number everywhere.
  [[nodiscard]] static incarnation_id new_incarnation();
  /// A random one for this process; fits into a JSON number everywhere.
  [[nodiscard]] static process_id draw_process();
  /// The incarnation that a new data directory asks for an identity with; the same again after a crash before
  /// the answer. Errors: corrupt, io, no_space.
  [[nodiscard]] result<incarnation_id> wanted_incarnation();

 private:
  [[nodiscard]] std::string path(const char* name) const { return data_dir_ + "/" + name; }

  file_system& files_;
  std::string data_dir_;
};

}  // namespace marquee::broker
