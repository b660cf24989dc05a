#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;

[[nodiscard]] inline bytes_view as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(bytes_view data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

/// A read-only window on a buffer that several owners share. Copying and slicing copy no bytes; the buffer
/// lives as long as the last window on it. Safe to hand from thread to thread. A small slice keeps its whole
/// buffer alive: what is kept for long is copied with `copy_of` first.
class shared_bytes {
 public:
  shared_bytes() = default;

  /// Takes the vector over.
  [[nodiscard]] static shared_bytes of(bytes data);
  /// Takes the string over.
  [[nodiscard]] static shared_bytes of(std::string data);
  [[nodiscard]] static shared_bytes copy_of(bytes_view data);
  /// A window on memory that `owner` keeps alive.
  [[nodiscard]] static shared_bytes window(std::shared_ptr<const void> owner, bytes_view data);

  [[nodiscard]] const std::uint8_t* data() const { return view_.data(); }
  [[nodiscard]] std::size_t size() const { return view_.size(); }
  [[nodiscard]] bool empty() const { return view_.empty(); }
  [[nodiscard]] bytes_view view() const { return view_; }
  [[nodiscard]] std::string_view text() const { return as_text(view_); }
  operator bytes_view() const { return view_; }  // NOLINT: a window is a view by nature

  /// `position + size` must lie within the window.
  [[nodiscard]] shared_bytes slice(std::size_t position, std::size_t size) const;
  [[nodiscard]] shared_bytes slice(std::size_t position) const { return slice(position, size() - position); }

  /// Compares contents.
  friend bool operator==(const shared_bytes& a, const shared_bytes& b) { return a.text() == b.text(); }

 private:
  std::shared_ptr<const void> owner_;
  bytes_view view_;
};

}  // namespace marquee
