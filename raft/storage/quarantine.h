#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "base/types.h"

namespace marquee::raft {

/// data_dir/quarantine: files in which damage was found, kept for a look at what went wrong. Nothing reads
/// them again. Bounded: the oldest go when there is too much. On the thread that repairs.
class quarantine {
 public:
  static constexpr std::uint64_t default_bytes_most = std::uint64_t{256} << 20;

  quarantine(file_system& files, const std::string& data_dir, std::uint64_t bytes_most = default_bytes_most)
      : files_(files), folder_(data_dir + "/quarantine"), bytes_most_(bytes_most) {}

  /// Moves the file there; one that is too large for it is removed. Gives where it went, or nothing. Errors:
  /// io.
  [[nodiscard]] result<std::string> take(const std::string& path, const group_id& group);

 private:
  [[nodiscard]] result<std::uint64_t> size_of(const std::string& path) const;
  /// Makes room; gives the number of the next file.
  [[nodiscard]] result<std::uint64_t> make_room(std::uint64_t wanted_bytes);

  file_system& files_;
  const std::string folder_;
  const std::uint64_t bytes_most_;
};

}  // namespace marquee::raft
