#include "benchmarks/load/http_engine.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

namespace marquee::load {

namespace {

constexpr std::size_t set_up_connections = 16;
constexpr auto rest_after_failure = std::chrono::milliseconds(10);
constexpr auto between_checks = std::chrono::milliseconds(100);

}  // namespace

struct http_engine::slot {
  slot(int epoll, const http_target& target, std::size_t place)
      : connection(epoll, target, static_cast<std::uint32_t>(place)) {}

  http_connection connection;
  steady::time_point due;   ///< of the request under way
  steady::time_point sent;  ///< when it was started
};

http_engine::http_engine(const load_options& options, const std::vector<http_target>& targets,
                         http_operation& operation)
    : options_(options), operation_(operation), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(options.connections); ++i)
    slots_.push_back(std::make_unique<slot>(epoll_, targets[i % targets.size()], i));
}

http_engine::~http_engine() {
  slots_.clear();
  ::close(epoll_);
}

void http_engine::wait_for_events(steady::time_point until) {
  const auto wait = std::max(steady::duration::zero(), until - steady::now());
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
  const timespec most{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  epoll_event events[256];
  const int count = epoll_pwait2(epoll_, events, 256, &most, nullptr);
  for (int i = 0; i < count; ++i) ready_.push_back(events[i].data.u32);
}

std::string http_engine::set_up() {
  const std::size_t steps = operation_.set_up_steps();
  std::size_t done = 0;
  while (done < steps) {
    const std::size_t most = done == 0 ? 1 : std::min(set_up_connections, slots_.size());
    const std::size_t last = std::min(steps, done + most);
    std::string problem = take_set_up_answers(done, last);
    if (!problem.empty()) return problem;
    done = last;
  }
  return {};
}

std::string http_engine::take_set_up_answers(std::size_t first, std::size_t last) {
  std::vector<std::string> requests;
  for (std::size_t step = first; step < last; ++step) requests.push_back(operation_.set_up_request(step));
  for (std::size_t i = 0; i < requests.size(); ++i) slots_[i]->connection.start({requests[i], {}});
  const auto deadline = steady::now() + to_duration(options_.timeout_seconds);
  std::size_t open = requests.size();
  std::vector<bool> is_done(requests.size());
  while (open > 0) {
    if (steady::now() > deadline) return "set-up: no answer in time";
    wait_for_events(steady::now() + std::chrono::milliseconds(10));
    ready_.clear();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (is_done[i]) continue;
      const auto answer = slots_[i]->connection.advance();
      if (!answer && !slots_[i]->connection.failure().empty())
        return "set-up: " + slots_[i]->connection.failure();
      if (!answer) continue;
      std::string problem = operation_.take_set_up_answer(first + i, *answer);
      if (!problem.empty()) return problem;
      is_done[i] = true;
      --open;
    }
  }
  return {};
}

load_figures http_engine::run(steady::time_point start) {
  figures_.emplace(options_.make_figures(start));
  const auto end = figures_->window().end;
  const auto last_wait = end + to_duration(options_.timeout_seconds);
  if (options_.rate > 0) schedule_.emplace(start, end, options_.rate / static_cast<double>(options_.batch));
  next_check_ = start + between_checks;
  for (std::size_t i = 0; i < slots_.size(); ++i) go_on(i);
  for (;;) {
    // Slots whose request failed at once are looked at here too: `ready_` grows meanwhile.
    for (std::size_t i = 0; i < ready_.size(); ++i) look_at(ready_[i]);
    ready_.clear();
    const auto now = steady::now();
    while (!resting_.empty() && resting_.front().until <= now) {
      const std::size_t place = resting_.front().place;
      resting_.pop_front();
      go_on(place);
    }
    start_what_is_due(now);
    if (now >= next_check_) give_up_late_ones(now);
    if (now >= end && (under_way_ == 0 || now >= last_wait)) break;
    if (!ready_.empty()) continue;
    auto until = next_check_;
    if (schedule_ && !free_.empty() && schedule_->next_due() < end)
      until = std::min(until, schedule_->next_due());
    if (!resting_.empty()) until = std::min(until, resting_.front().until);
    if (now < end) until = std::min(until, end);
    wait_for_events(until);
  }
  if (under_way_ > 0) figures_->failed(end, "no answer in time", under_way_);
  if (schedule_)
    if (const std::int64_t left = schedule_->left_over(); left > 0)
      figures_->failed(end, "not sent in time: every connection was busy", left);
  return std::move(*figures_);
}

void http_engine::start_what_is_due(steady::time_point now) {
  while (schedule_ && !free_.empty() && schedule_->is_due(now)) {
    const std::size_t place = free_.front();
    free_.pop_front();
    const auto due = schedule_->next_due();
    schedule_->take();
    start_request(place, due);
  }
}

void http_engine::go_on(std::size_t place) {
  const auto now = steady::now();
  if (schedule_)
    free_.push_back(place);
  else if (now < figures_->window().end)
    start_request(place, now);
}

void http_engine::start_request(std::size_t place, steady::time_point due) {
  slot& used = *slots_[place];
  used.due = due;
  used.sent = steady::now();
  ++under_way_;
  used.connection.start(operation_.next_request(place));
  if (!used.connection.failure().empty()) ready_.push_back(place);
}

void http_engine::look_at(std::size_t place) {
  http_connection& connection = slots_[place]->connection;
  const bool was_busy = connection.is_busy() || !connection.failure().empty();
  const auto answer = connection.advance();
  if (answer)
    finish_request(place, *answer);
  else if (was_busy && !connection.failure().empty())
    lose_request(place, connection.failure());
}

void http_engine::finish_request(std::size_t place, const http_answer& answer) {
  --under_way_;
  const auto now = steady::now();
  const answer_value value = operation_.take_answer(place, answer);
  if (value.duplicates > 0) figures_->noted("duplicates", value.duplicates);
  if (value.failed > 0) figures_->failed(now, value.failure, value.failed);
  if (value.is_counted && (value.records > 0 || value.failed == 0))
    figures_->answered(slots_[place]->due, now, value.records, value.bytes);
  if (value.failed > 0)
    resting_.push_back({now + rest_after_failure, place});
  else
    go_on(place);
}

void http_engine::lose_request(std::size_t place, std::string why) {
  --under_way_;
  const auto now = steady::now();
  slots_[place]->connection.abandon();
  operation_.lose_answer(place);
  figures_->failed(now, why);
  resting_.push_back({now + rest_after_failure, place});
}

void http_engine::give_up_late_ones(steady::time_point now) {
  next_check_ = now + between_checks;
  const auto most = to_duration(options_.timeout_seconds);
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i]->connection.is_busy() && now - slots_[i]->sent > most) lose_request(i, "no answer in time");
}

}  // namespace marquee::load
