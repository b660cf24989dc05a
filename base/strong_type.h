#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace marquee {

/// An integer that cannot be mistaken for another kind of integer.
/// `Tag` names the kind. `Tag::is_counter` (true or absent) decides whether it can be counted with.
template <class Tag, class Rep>
class strong {
 public:
  using rep = Rep;

  constexpr strong() = default;
  constexpr explicit strong(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const strong&) const = default;

  constexpr strong& operator++()
    requires(Tag::is_counter)
  {
    ++value_;
    return *this;
  }
  constexpr strong& operator--()
    requires(Tag::is_counter)
  {
    --value_;
    return *this;
  }
  friend constexpr strong operator+(strong a, Rep b)
    requires(Tag::is_counter)
  {
    return strong(a.value_ + b);
  }
  friend constexpr strong operator-(strong a, Rep b)
    requires(Tag::is_counter)
  {
    return strong(a.value_ - b);
  }
  /// The distance between two counters.
  friend constexpr Rep operator-(strong a, strong b)
    requires(Tag::is_counter)
  {
    return a.value_ - b.value_;
  }

 private:
  Rep value_{};
};

}  // namespace marquee

template <class Tag, class Rep>
struct std::hash<marquee::strong<Tag, Rep>> {
  std::size_t operator()(const marquee::strong<Tag, Rep>& v) const noexcept {
    return std::hash<Rep>{}(v.value());
  }
};
