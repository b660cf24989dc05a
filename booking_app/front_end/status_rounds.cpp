#include "booking_app/front_end/status_rounds.h"

#include <algorithm>
#include <utility>

namespace marquee::booking {
namespace {

/// Replicas keep the digests of at least 10,000 offsets.
constexpr std::int64_t digests_kept = 5'000;
/// Own votes may take this long before a round is made all the same.
constexpr std::int64_t votes_take_ms = 200;

}  // namespace

std::int64_t offset_to_ask(std::int64_t consumed, const std::vector<std::int64_t>& applied) {
  if (applied.size() < 2) return consumed;
  std::vector<std::int64_t> sorted = applied;
  std::ranges::sort(sorted, std::greater<>());
  return sorted[1] > consumed + digests_kept ? sorted[1] : consumed;
}

struct status_rounds::round {
  std::int64_t offset = -1;
  std::vector<status_answer> answers{};
  std::size_t missing = 0;
  bool closed = false;
  net::wake_point done{};
};

status_rounds::status_rounds(net::event_loop& loop, options chosen, replica_client& replicas,
                             observer& observed, vote_desk& desk, std::function<bool()> votes_are_due)
    : loop_(loop),
      options_(chosen),
      replicas_(replicas),
      observed_(observed),
      desk_(desk),
      votes_are_due_(std::move(votes_are_due)) {}

net::task<> status_rounds::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const net::deadline heartbeat = net::deadline::in_ms(options_.heartbeat_every_ms);
    while (!stop.stop_requested() && !heartbeat.passed()) {
      const std::uint64_t seen = work_.generation();
      if (!is_behind()) {
        (void)co_await work_.wait(seen, heartbeat, stop);
        continue;
      }
      if (!votes_are_due_()) break;
      const net::deadline patience = net::deadline::in_ms(votes_take_ms);
      while (is_behind() && votes_are_due_() && !patience.passed() && !stop.stop_requested())
        (void)co_await observed_.progress().wait(observed_.progress().generation(), patience, stop);
      if (is_behind()) break;
    }
    if (stop.stop_requested()) co_return;
    const net::deadline next = net::deadline::in_ms(options_.pause_ms);
    co_await go_round(next_offset(), stop);
    co_await net::sleep_until(next);
  }
}

std::int64_t status_rounds::next_offset() const {
  std::vector<std::int64_t> applied;
  for (const auto& [replica, offset] : applied_) applied.push_back(offset);
  return offset_to_ask(observed_.consumed(), applied);
}

net::task<> status_rounds::go_round(std::int64_t offset, std::stop_token stop) {
  const auto current = std::make_shared<round>();
  current->offset = offset;
  for (const std::string& replica : replicas_.names()) {
    if (std::exchange(busy_[replica], true)) continue;
    ++current->missing;
    loop_.spawn([this, current, replica, stop] { return ask(current, replica, stop); });
  }
  const net::deadline end = net::deadline::in_ms(options_.wait_ms * 3 / 2);
  auto reason = net::wake_reason::woken;
  while (current->missing > 0 && reason == net::wake_reason::woken) {
    const std::uint64_t seen = current->done.generation();
    if (current->missing == 0) break;
    reason = co_await current->done.wait(seen, end, stop);
  }
  current->closed = true;
  if (offset >= 0) desk_.on_round(offset, current->answers);
}

net::task<> status_rounds::ask(std::shared_ptr<round> of, std::string replica, std::stop_token stop) {
  const auto offset = of->offset < 0 ? std::nullopt : std::optional(of->offset);
  const auto status = co_await replicas_.status(replica, offset, options_.wait_ms, stop);
  busy_[replica] = false;
  --of->missing;
  if (status) {
    applied_[replica] = status->offset;
    status_answer answer{.replica = status->replica,
                         .incarnation = status->incarnation,
                         .applied = status->offset,
                         .broken = !status->ok};
    if (status->digest_offset == of->offset) answer.digest = status->digest;
    desk_.on_status(answer);
    if (!of->closed) {
      of->answers.push_back(std::move(answer));
      if (of->offset >= 0) desk_.on_partial_round(of->offset, of->answers);
    }
  } else {
    applied_.erase(replica);
  }
  of->done.wake_all();
}

}  // namespace marquee::booking
