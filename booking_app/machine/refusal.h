#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/answer_code.h"
#include "booking_app/machine/client_table.h"

namespace marquee::booking {

/// Seats that are in the way, for the answer. Written sorted by show, row and column, each once.
class conflict_list {
 public:
  enum class shape : std::uint8_t { one_show, many_shows };

  explicit conflict_list(shape shape = shape::one_show) : shape_(shape) {}
  void add(std::string_view show, std::string_view seat, std::string_view state);
  [[nodiscard]] bool empty() const { return conflicts_.empty(); }
  /// JSON list of `{"seat","state"}`, with `show_id` if there may be many.
  [[nodiscard]] std::string text() const;

 private:
  struct conflict {
    std::string show;
    std::string seat;
    std::string_view state;
  };
  shape shape_;
  std::vector<conflict> conflicts_;
};

/// An answer that says no: `{"code","message","outcome":"definite"}`, with what is in the way.
[[nodiscard]] answer refuse(answer_code code);
[[nodiscard]] answer refuse(answer_code code, std::string_view message);
[[nodiscard]] answer refuse(answer_code code, const conflict_list& conflicts);
[[nodiscard]] answer refuse_not_enough(std::int64_t free);

[[nodiscard]] inline answer success(answer_code code, std::string body = "{}") {
  return {code, std::move(body), {}};
}

}  // namespace marquee::booking
