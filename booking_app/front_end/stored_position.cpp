#include "booking_app/front_end/stored_position.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "booking_app/front_end/log_end.h"
#include "client/administrator.h"
#include "client/consumer.h"

namespace marquee::booking {
namespace {

using json = nlohmann::json;

/// How far back the newest message of a front end is looked for behind what others have written.
constexpr std::int64_t most_looked_at = 1'000;

marquee::client::outcome<std::vector<marquee::client::received_message>> read_newest(
    const marquee::client::client_options& options, const std::string& topic, std::int64_t end) {
  auto reader =
      marquee::client::consumer::register_at(options, topic, marquee::client::start_position::latest);
  if (!reader) return std::unexpected(reader.error());
  const std::int64_t first = std::max<std::int64_t>(end - most_looked_at, 0);
  const std::array<marquee::client::partition_position, 1> begin{{{.partition = 0, .offset = first}}};
  std::vector<marquee::client::received_message> messages;
  marquee::client::outcome<> moved = reader->seek(begin);
  while (moved && (messages.empty() || messages.back().offset < end - 1)) {
    auto some = reader->consume({.max_messages = most_looked_at, .wait_ms = 2'000});
    if (!some) {
      moved = std::unexpected(some.error());
      break;
    }
    if (some->messages.empty()) break;
    std::ranges::move(some->messages, std::back_inserter(messages));
  }
  (void)reader->remove();
  if (!moved) return std::unexpected(moved.error());
  return messages;
}

}  // namespace

std::int64_t offset_in(const std::string& message) {
  const json parsed = json::parse(message, nullptr, false);
  if (!parsed.is_object()) return -1;
  const auto offset = parsed.find("offset");
  return offset != parsed.end() && offset->is_number_integer() ? offset->get<std::int64_t>() : -1;
}

marquee::client::outcome<std::int64_t> newest_stored_offset(
    const marquee::client::client_options& options, const std::string& topic,
    const std::function<bool(const std::string& message)>& is_ours) {
  const auto described = marquee::client::administrator(options).describe_topic(topic);
  if (!described) return std::unexpected(described.error());
  const result<std::int64_t> end = parse_high_watermark(*described);
  if (!end)
    return std::unexpected(marquee::client::api_failure{.code = "NO_LEADER",
                                                        .message = end.error().message,
                                                        .component = "booking.front_end",
                                                        .retriable = true});
  if (*end == 0) return -1;
  const auto messages = read_newest(options, topic, *end);
  if (!messages) return std::unexpected(messages.error());
  for (auto each = messages->rbegin(); each != messages->rend(); ++each)
    if (each->value && is_ours(*each->value)) return offset_in(*each->value);
  return -1;
}

}  // namespace marquee::booking
