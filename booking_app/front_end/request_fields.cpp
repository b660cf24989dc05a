#include "booking_app/front_end/request_fields.h"

#include <algorithm>
#include <charconv>

#include "booking_app/machine/field_reader.h"
#include "booking_app/machine/identifier_rules.h"

namespace marquee::booking {
namespace {

constexpr std::string_view client_field = "X-Client-Id";

std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return std::nullopt;
  return value;
}

/// Reads header fields one by one; the first problem sticks.
class header_reader {
 public:
  header_reader(const net::http_request& request, const std::string& component)
      : request_(request), component_(component) {}

  std::optional<std::string> text(std::string_view name) {
    if (request_.headers.count(name) > 1) refuse(name, "is given more than once");
    const std::string* const found = request_.headers.find(name);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    const auto value = parse_integer(*given, least, largest_integer);
    if (!value) refuse(name, "must be an integer from " + std::to_string(least) + " to 2^53-1");
    return value;
  }
  void refuse(std::string_view name, std::string_view why) {
    if (!problem_) problem_ = bad_form(component_, std::string(name) + " " + std::string(why));
  }
  [[nodiscard]] const std::optional<net::api_error>& problem() const { return problem_; }

 private:
  const net::http_request& request_;
  const std::string& component_;
  std::optional<net::api_error> problem_;
};

/// `hall-1:88`; the name may hold colons, the token none.
void read_lock(header_reader& headers, command_draft& target) {
  const auto given = headers.text("X-Lock");
  if (!given) return;
  const std::size_t colon = given->rfind(':');
  const auto token = colon == std::string::npos ? std::nullopt
                                                : parse_integer(std::string_view(*given).substr(colon + 1),
                                                                -largest_integer, largest_integer);
  if (!token || !is_valid_name(std::string_view(*given).substr(0, colon))) {
    headers.refuse("X-Lock", "must be the lock's name, a colon and the token, such as hall-1:88");
    return;
  }
  target.lock = {given->substr(0, colon), *token};
}

void read_key(header_reader& headers, command_draft& target) {
  target.seq = headers.integer("X-Client-Seq", 1);
  target.idem_key = headers.text("Idempotency-Key");
  if (target.idem_key && !is_valid_name(*target.idem_key))
    headers.refuse("Idempotency-Key", "must be 1 to 255 bytes of UTF-8 without control characters");
  if (target.seq.has_value() == target.idem_key.has_value())
    headers.refuse("X-Client-Seq", "or Idempotency-Key must be given, and not both");
}

}  // namespace

net::api_error bad_form(const std::string& component, std::string message) {
  return net::bad_request(component, std::move(message));
}

form_result<std::optional<std::string>> read_optional_client_id(const net::http_request& request,
                                                                const std::string& component) {
  header_reader headers(request, component);
  auto client = headers.text(client_field);
  if (client && !is_valid_name(*client))
    headers.refuse(client_field, "must be 1 to 255 bytes of UTF-8 without control characters");
  if (client && client->starts_with('_'))
    headers.refuse(client_field, "begins with '_'; such ids belong to front ends");
  if (headers.problem()) return std::unexpected(*headers.problem());
  return client;
}

form_result<std::string> read_client_id(const net::http_request& request, const std::string& component) {
  auto client = read_optional_client_id(request, component);
  if (!client) return std::unexpected(std::move(client.error()));
  if (!*client)
    return std::unexpected(net::api_error{.status = 401,
                                          .code = "UNAUTHENTICATED",
                                          .message = "say who you are in the header field X-Client-Id",
                                          .component = component});
  return std::move(**client);
}

form_result<command_draft> read_command_fields(const net::http_request& request,
                                               const std::string& component) {
  auto client = read_client_id(request, component);
  if (!client) return std::unexpected(std::move(client.error()));
  command_draft draft;
  draft.client_id = std::move(*client);
  header_reader headers(request, component);
  draft.session_id = headers.text("X-Session-Id");
  if (draft.session_id && !is_valid_name(*draft.session_id))
    headers.refuse("X-Session-Id", "is no session id");
  read_key(headers, draft);
  draft.ack_below = headers.integer("X-Ack-Below", 0);
  read_lock(headers, draft);
  if (headers.problem()) return std::unexpected(*headers.problem());
  return draft;
}

form_result<std::optional<std::int64_t>> read_query_integer(const net::http_request& request,
                                                            const std::string& component,
                                                            std::string_view name, std::int64_t least,
                                                            std::int64_t most) {
  const std::string* const given = request.query_value(name);
  if (given == nullptr) return std::nullopt;
  const auto value = parse_integer(*given, least, most);
  if (!value)
    return std::unexpected(net::bad_request(component,
                                            std::string(name) + " must be an integer from " +
                                                std::to_string(least) + " to " + std::to_string(most),
                                            "/" + std::string(name)));
  return value;
}

std::optional<net::api_error> check_query(const net::http_request& request, const std::string& component,
                                          std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query) {
    if (name.starts_with("x_")) continue;
    if (std::ranges::find(known, name) == known.end())
      return net::bad_request(component, "this route has no query field '" + name + "'", "/" + name);
    if (std::ranges::count(request.query, name, &std::pair<std::string, std::string>::first) > 1)
      return net::bad_request(component, "'" + name + "' is given more than once", "/" + name);
  }
  return std::nullopt;
}

}  // namespace marquee::booking
