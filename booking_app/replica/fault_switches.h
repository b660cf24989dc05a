#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

namespace marquee::booking {

/// Ways in which a replica can be made to misbehave (booking-rules section 11).
enum class fault_mode : std::uint8_t { wrong_reply, corrupt_state, slow, crash };

[[nodiscard]] std::optional<fault_mode> fault_mode_of(std::string_view name);

/// Faults that wait for the next replies. All off unless a test switches them on. Thread-safe.
class fault_switches {
 public:
  static constexpr std::int64_t slow_reply_ms = 2'000;

  /// The next `count` replies differ from the right ones, and from those of every other replica.
  void make_wrong(std::int64_t count) { wrong_ = count; }
  /// The next `count` replies come `slow_reply_ms` late.
  void make_slow(std::int64_t count) { slow_ = count; }
  /// The process exits at the next command.
  void make_crash() { crash_ = true; }

  [[nodiscard]] bool take_wrong() { return take(wrong_); }
  [[nodiscard]] bool take_slow() { return take(slow_); }
  [[nodiscard]] bool crashes() const { return crash_; }

 private:
  static bool take(std::atomic<std::int64_t>& left);

  std::atomic<std::int64_t> wrong_ = 0;
  std::atomic<std::int64_t> slow_ = 0;
  std::atomic<bool> crash_ = false;
};

}  // namespace marquee::booking
