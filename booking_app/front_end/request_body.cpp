#include "booking_app/front_end/request_body.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "net/json_body.h"

namespace marquee::booking {

request_body::request_body(std::unique_ptr<nlohmann::json> object) : object_(std::move(object)) {}
request_body::request_body(request_body&&) noexcept = default;
request_body& request_body::operator=(request_body&&) noexcept = default;
request_body::~request_body() = default;

std::expected<request_body, std::string> request_body::parse(std::string_view text) {
  if (text.empty()) return request_body(std::make_unique<nlohmann::json>(nlohmann::json::object()));
  auto parsed = net::parse_json(text);
  if (!parsed)
    return std::unexpected(parsed.error().pointer.empty()
                               ? parsed.error().message
                               : parsed.error().pointer + ": " + parsed.error().message);
  if (!parsed->is_object()) return std::unexpected("the body must be a JSON object");
  return request_body(std::make_unique<nlohmann::json>(std::move(*parsed)));
}

bool request_body::add(std::string_view name, std::string_view text) {
  return object_->emplace(std::string(name), std::string(text)).second;
}

bool request_body::add(std::string_view name, const std::vector<std::string>& texts) {
  return object_->emplace(std::string(name), texts).second;
}

std::string request_body::text() const {
  return object_->dump();
}

}  // namespace marquee::booking
