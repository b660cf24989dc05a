#pragma once

#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::booking {

/// The body of a command while the parts of path and query are put into it. Its text has sorted fields and
/// what the client sent, no more: equal requests are equal payloads at every front end.
class request_body {
 public:
  /// An empty text counts as {}. The error says what is wrong, for people.
  [[nodiscard]] static std::expected<request_body, std::string> parse(std::string_view text);
  request_body(request_body&&) noexcept;
  request_body& operator=(request_body&&) noexcept;
  ~request_body();

  /// False if the body has the field already.
  [[nodiscard]] bool add(std::string_view name, std::string_view text);
  [[nodiscard]] bool add(std::string_view name, const std::vector<std::string>& texts);
  [[nodiscard]] std::string text() const;

 private:
  explicit request_body(std::unique_ptr<nlohmann::json> object);
  std::unique_ptr<nlohmann::json> object_;
};

}  // namespace marquee::booking
