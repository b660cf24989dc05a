#include "booking_app/front_end/change_stream.h"

#include <algorithm>
#include <utility>

namespace marquee::booking {
namespace {

constexpr std::int64_t look_again_ms = 50;

}  // namespace

change_stream::change_stream(live_changes& changes, change_stream_options options,
                             std::shared_ptr<void> place)
    : changes_(changes),
      options_(std::move(options)),
      place_(std::move(place)),
      next_comment_(net::deadline::in_ms(options_.comment_ms)) {}

std::string change_stream::reset() {
  position_ = changes_.end();
  return reset_message(changes_.newest_offset());
}

std::string change_stream::comment() {
  next_comment_ = net::deadline::in_ms(options_.comment_ms);
  if (position_ != changes_.end()) return ": alive\n\n";
  return ": alive\nid: " + std::to_string(changes_.newest_offset()) + "\n\n";
}

net::task<std::string> change_stream::greet(std::stop_token ended) {
  const std::string retry = "retry: 1000\n";
  const std::int64_t seen = options_.seen.value_or(changes_.newest_offset());
  const net::deadline end = net::deadline::in_ms(options_.catch_up_ms);
  while (seen > changes_.newest_offset() && !end.passed() && !ended.stop_requested())
    co_await net::sleep_ms(std::min(look_again_ms, end.remaining_ms()));
  const auto behind = seen <= changes_.newest_offset() ? changes_.behind(seen) : std::nullopt;
  if (!behind) co_return retry + "\n" + reset();
  position_ = *behind;
  co_return retry + "id: " + std::to_string(seen) + "\n\n";
}

net::task<std::optional<std::string>> change_stream::next(std::stop_token ended) {
  if (!std::exchange(greeted_, true)) co_return co_await greet(ended);
  while (!ended.stop_requested()) {
    const std::uint64_t generation = changes_.changed().generation();
    live_changes::page page = changes_.read(position_, options_.shows, options_.piece_bytes);
    if (page.missed) co_return reset();
    position_ = page.next;
    if (next_comment_.passed()) page.text += comment();
    if (!page.text.empty()) co_return std::move(page.text);
    if (co_await changes_.changed().wait(generation, next_comment_, ended) == net::wake_reason::cancelled)
      break;
  }
  co_return std::nullopt;
}

}  // namespace marquee::booking
