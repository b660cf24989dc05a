#pragma once

#include <cstdint>
#include <string_view>

namespace marquee::load {

/// Goes through the messages that an answer to produce or consume names: what stands in it as
/// `"partition":<number>,"offset":<number>`. Reading the whole JSON would cost the client more than the load.
class stored_places {
 public:
  /// `body` must outlive it.
  explicit stored_places(std::string_view body) : rest_(body) {}

  /// False: there are no more.
  [[nodiscard]] bool next();
  [[nodiscard]] std::int64_t partition() const { return partition_; }
  [[nodiscard]] std::int64_t offset() const { return offset_; }
  /// What follows in the same JSON object, the offset included.
  [[nodiscard]] std::string_view members() const { return rest_.substr(0, rest_.find('}')); }

 private:
  std::string_view rest_;
  std::int64_t partition_ = -1;
  std::int64_t offset_ = -1;
};

}  // namespace marquee::load
