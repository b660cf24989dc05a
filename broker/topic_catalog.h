#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "broker/cluster_metadata.h"
#include "net/wake_point.h"

namespace marquee::broker {

using metadata_snapshot = std::shared_ptr<const cluster_metadata>;

/// The broker's knowledge of topics and brokers, in memory and in `data_dir/metadata.json`, so that it serves
/// without managers and PostgreSQL (DESIGN D16). Readers take an immutable snapshot; a push makes a new one,
/// which is on disk before anybody sees it. Thread-safe; pushes are taken one at a time.
class topic_catalog {
 public:
  topic_catalog(file_system& files, std::string path) : files_(files), path_(std::move(path)) {}

  /// Reads the file; none is no error. Errors: corrupt, unsupported, io.
  [[nodiscard]] result<> load();
  /// Applies a push and writes the file. Errors: io, no_space (then nothing has changed).
  [[nodiscard]] result<cluster_metadata::push_verdict> apply(const metadata_push& push);

  [[nodiscard]] metadata_snapshot snapshot() const;
  /// Woken after each change.
  [[nodiscard]] const net::wake_point& changed() const { return changed_; }

 private:
  file_system& files_;
  std::string path_;
  std::mutex pushes_;
  mutable std::mutex mutex_;
  metadata_snapshot current_ = std::make_shared<const cluster_metadata>();
  net::wake_point changed_;
};

}  // namespace marquee::broker
