#include "booking_app/front_end/observer.h"

#include <algorithm>
#include <utility>

namespace marquee::booking {
namespace {

/// While it catches up, one digest may confirm any number of records: so many are told of at once.
constexpr std::size_t most_untold = 10'000;
/// Every vote brings a digest; of those ahead of what was consumed the newest are enough.
constexpr std::size_t most_expected = 10'000;
/// More than this waits only while it catches up: then records are applied without a digest of their own
/// offset, because one further on was confirmed.
constexpr std::size_t most_waiting_bytes = std::size_t{1} << 20;

}  // namespace

observer::observer(machine begin, const clock& time,
                   std::function<void(const std::string& why)> on_disagreement)
    : machine_(std::move(begin)),
      time_(time),
      on_disagreement_(std::move(on_disagreement)),
      consumed_(machine_.next_offset() - 1),
      confirmed_(consumed_),
      fresh_at_ms_(time.monotonic_ms()) {
  if (consumed_ >= 0) digests_.add(consumed_, machine_.digest());
}

void observer::take(std::vector<logged_message> messages) {
  for (logged_message& message : messages) {
    if (message.offset <= consumed_) continue;
    consumed_ = message.offset;
    waiting_bytes_ += message.value.size();
    waiting_.push_back(std::move(message));
  }
  apply_confirmed();
}

void observer::confirm(std::int64_t offset, const std::string& digest) {
  if (disagrees_) return;
  if (offset <= applied()) {
    check(offset, digest);
  } else {
    expected_.emplace(offset, digest);
    if (expected_.size() > most_expected) expected_.erase(expected_.begin());
    confirmed_ = std::max(confirmed_, offset);
    apply_confirmed();
  }
  if (!disagrees_ && offset >= consumed_) fresh_at_ms_ = time_.monotonic_ms();
}

std::optional<std::string> observer::digest_at(std::int64_t offset) const {
  const auto digest = digests_.at(offset);
  return digest ? std::optional(to_text(*digest)) : std::nullopt;
}

net::task<bool> observer::wait_until_applied(std::int64_t offset, net::deadline end, std::stop_token cancel) {
  for (;;) {
    const std::uint64_t seen = progress_.generation();
    if (applied() >= offset) co_return true;
    if (co_await progress_.wait(seen, end, cancel) != net::wake_reason::woken) co_return false;
  }
}

void observer::apply_confirmed() {
  const std::int64_t before = applied();
  const auto behind = expected_.upper_bound(consumed_);
  const std::int64_t target = behind == expected_.begin() ? -1 : std::prev(behind)->first;
  while (!disagrees_ && !waiting_.empty() &&
         (waiting_.front().offset <= target ||
          (waiting_.front().offset <= confirmed_ && waiting_bytes_ > most_waiting_bytes)))
    apply_next();
  if (applied() != before && !disagrees_) progress_.wake_all();
}

void observer::apply_next() {
  logged_message& next = waiting_.front();
  outcome result = machine_.apply({next.offset, next.timestamp_ms, as_bytes(next.value)});
  digests_.add(next.offset, result.digest);
  const std::int64_t offset = next.offset;
  waiting_bytes_ -= next.value.size();
  untold_.push_back({std::move(next), std::move(result)});
  waiting_.pop_front();
  const auto expected = expected_.find(offset);
  if (expected != expected_.end()) {
    const std::string digest = std::move(expected->second);
    expected_.erase(expected_.begin(), std::next(expected));
    check(offset, digest);
    if (!disagrees_) tell_listeners();
  } else if (untold_.size() >= most_untold) {
    tell_listeners();
  }
}

void observer::check(std::int64_t offset, const std::string& digest) {
  const auto own = digest_at(offset);
  if (!own || *own == digest) return;
  disagrees_ = true;
  untold_.clear();
  on_disagreement_("a majority of the replicas has the digest " + digest + " after offset " +
                   std::to_string(offset) + ", this front end has " + *own);
}

void observer::tell_listeners() {
  const std::vector<applied_record> told = std::exchange(untold_, {});
  for (const applied_record& one : told)
    for (const applied_listener& listener : listeners_)
      listener({one.message.offset, one.message.timestamp_ms, as_bytes(one.message.value)}, one.result);
}

}  // namespace marquee::booking
