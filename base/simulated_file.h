#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "base/random.h"
#include "base/simulated_file_system.h"

namespace marquee {

[[nodiscard]] failure power_is_off(const std::string& path);

/// The content of a file of the simulated disk: as programs see it, and as it is on stable storage.
struct simulated_file_system::inode {
  bytes current;
  bytes durable;
  /// Sectors of `current` that may differ from `durable`.
  std::set<std::uint64_t> dirty;

  void mark(std::uint64_t from, std::uint64_t to);
  void sync();
  /// Each sector that was not synced is kept or not.
  void lose_power(random_source& random);

 private:
  /// Copies one sector to the durable side, as far as the current size goes.
  void settle(std::uint64_t sector);
};

/// An open file of the simulated disk. Dead once the machine has lost power or the process was killed.
class simulated_file final : public file {
 public:
  simulated_file(simulated_file_system& files, std::shared_ptr<simulated_file_system::inode> node,
                 std::string path);

  [[nodiscard]] result<std::size_t> read_at(std::uint64_t position,
                                            std::span<std::uint8_t> target) const override;
  [[nodiscard]] result<> write_at(std::uint64_t position, std::span<const bytes_view> parts) override;
  [[nodiscard]] result<> sync() override;
  [[nodiscard]] result<std::uint64_t> size() const override;
  [[nodiscard]] result<> truncate(std::uint64_t size) override;

 private:
  [[nodiscard]] bool dead() const;
  /// With the disk's mutex held: counts the operation. `torn` is set when half of it is still to be done.
  [[nodiscard]] result<> begin_change(bool* torn);

  simulated_file_system& files_;
  std::shared_ptr<simulated_file_system::inode> node_;
  std::string path_;
  std::uint64_t life_;
  bool failed_ = false;
};

}  // namespace marquee
