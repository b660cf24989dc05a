#include "load_balancer/delivery_guard.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/logging.h"
#include "load_balancer/silent_managers.h"
#include "net/event_loop.h"

namespace marquee::load_balancer {
namespace {

constexpr int most_tries = 4;
/// A read manager may have to ask the consumer's owner, which has a second.
constexpr std::int64_t one_try_ms = 2'500;
constexpr std::int64_t pause_ms = 100;

}  // namespace

delivery_guard::delivery_guard(net::event_loop& loop, manager_table& table, const net::cluster_secret& secret)
    : loop_(loop), table_(table), secret_(secret), client_(std::make_unique<net::http_client>(loop)) {}

net::task<delivery_guard::turn> delivery_guard::take_turn(std::string consumer_id, net::deadline end,
                                                          std::stop_token client_gone) {
  const auto self = shared_from_this();
  for (;;) {
    const auto other = self->taken_.find(consumer_id);
    if (other == self->taken_.end()) break;
    const net::wake_point point = other->second;
    if (co_await point.wait(point.generation(), end, client_gone) != net::wake_reason::woken)
      co_return nullptr;
  }
  self->taken_.try_emplace(consumer_id);
  co_return turn(static_cast<void*>(self.get()), [self, consumer_id](void*) {
    const auto mine = self->taken_.extract(consumer_id);
    if (!mine.empty()) mine.mapped().wake_all();
  });
}

std::string delivery_guard::next_attempt() {
  return fmt::format("{:016x}", random_.next());
}

void delivery_guard::remember_lost(const std::string& consumer_id, const std::string& attempt) {
  if (const auto known = loser_of_.find(consumer_id); known != loser_of_.end()) {
    losers_.splice(losers_.begin(), losers_, known->second);
  } else {
    losers_.push_front({consumer_id, {}});
    loser_of_.emplace(consumer_id, losers_.begin());
  }
  std::deque<std::string>& attempts = losers_.front().attempts;
  attempts.push_back(attempt);
  if (attempts.size() > most_lost) attempts.pop_front();
  if (losers_.size() > most_losers) {
    loser_of_.erase(losers_.back().consumer_id);
    losers_.pop_back();
  }
}

std::string delivery_guard::lost_attempts(const std::string& consumer_id) const {
  const auto known = loser_of_.find(consumer_id);
  return known == loser_of_.end() ? "" : fmt::format("{}", fmt::join(known->second->attempts, ","));
}

void delivery_guard::tell_lost(std::string consumer_id, std::string attempt, turn keep) {
  remember_lost(consumer_id, attempt);
  loop_.spawn([self = shared_from_this(), consumer_id = std::move(consumer_id), attempt = std::move(attempt),
               keep = std::move(keep)] { return tell(self, consumer_id, attempt, keep); });
}

net::task<void> delivery_guard::tell(std::shared_ptr<delivery_guard> self, std::string consumer_id,
                                     std::string attempt, turn keep) {
  net::http_request request{
      .method = "POST",
      .target = "/internal/undelivered?consumer_id=" + net::percent_encode(consumer_id) +
                "&attempt=" + net::percent_encode(attempt)};
  self->secret_.sign(request);
  std::vector<net::endpoint> tried;
  for (int tries = 0; tries < most_tries && self->client_; ++tries) {
    const std::optional<manager> target =
        self->table_.by_hash(manager_role::read_manager, consumer_id, tried);
    if (!target) {
      if (tried.empty()) break;
      tried.clear();
      co_await net::sleep_ms(pause_ms);
      continue;
    }
    name_silent_managers(self->table_, self->secret_, request);
    const net::http_call_options call{.timeout_ms = one_try_ms, .resend_if_stale = true};
    const net::http_outcome told = co_await self->client_->send_borrowed(target->http, request, call);
    if (told.response && told.response->status == 200) co_return;
    tried.push_back(target->http);
  }
  if (self->client_)
    log_warning("load_balancer", "no read manager could be told that consumer {} did not get an answer",
                escape_for_log(consumer_id));
}

}  // namespace marquee::load_balancer
