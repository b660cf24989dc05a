#include "booking_app/front_end/log_submission.h"

#include <optional>

#include "base/logging.h"
#include "booking_app/front_end/command_record.h"

namespace marquee::booking {
namespace {

constexpr std::size_t most_early = 20'000;
constexpr std::size_t most_pushed = 10'000;
/// Votes take milliseconds; after this the answer is taken from the confirmed state.
constexpr std::int64_t votes_are_late_us = 1'000'000;

std::string key_of(const command_draft& command) {
  // No control character is part of a client id.
  if (command.seq) return command.client_id + '\n' + std::to_string(*command.seq);
  if (command.idem_key) return command.client_id + "\nkey " + *command.idem_key;
  return {};
}

}  // namespace

struct log_submission::pending {
  std::string key;
  bool wants_second = false;
  std::int64_t started_us = 0;
  std::int64_t appended_us = 0;
  std::optional<std::int64_t> offset{};
  std::optional<submitted_answer> first{};  ///< WAITING, while a second answer is waited for
  std::optional<voted_answer> observed{};
  std::optional<ending> ended{};
  bool forgotten = false;
  net::wake_point changed{};
};

log_submission::log_submission(submission_options options, append to_log, const clock& time,
                               metrics_registry& metrics)
    : options_(std::move(options)),
      to_log_(std::move(to_log)),
      time_(time),
      submitted_(metrics.counter("marquee_booking_front_end_commands_total", "Commands given to the log.")),
      answered_(metrics.counter("marquee_booking_front_end_commands_answered_total",
                                "Commands that a majority of replicas answered.")),
      unanswered_(metrics.counter("marquee_booking_front_end_commands_unanswered_total",
                                  "Commands whose outcome this front end could not tell.")),
      from_observer_(metrics.counter("marquee_booking_front_end_answers_from_state_total",
                                     "Answers taken from the confirmed state because votes were missing.")),
      under_way_(metrics.gauge("marquee_booking_front_end_commands_under_way",
                               "Commands that wait for the log or for votes.")),
      produce_us_(metrics.histogram("marquee_booking_front_end_produce_us",
                                    "From a request to the log's confirmation, in microseconds.",
                                    metric_histogram::latency_us_bounds())),
      vote_us_(metrics.histogram("marquee_booking_front_end_vote_us",
                                 "From the log's confirmation to equal votes, in microseconds.",
                                 metric_histogram::latency_us_bounds())) {}

log_submission::~log_submission() = default;

net::task<std::variant<submitted_answer, submission_failure>> log_submission::submit(
    command_draft command, std::stop_token client_gone) {
  auto begun = begin(command, false);
  if (const auto* refused = std::get_if<submission_failure>(&begun)) co_return *refused;
  const pending_ptr one = std::get<pending_ptr>(begun);
  const net::deadline end = net::deadline::in_ms(options_.give_up_ms);
  auto reason = net::wake_reason::woken;
  while (!one->ended && reason == net::wake_reason::woken) {
    const std::uint64_t seen = one->changed.generation();
    if (one->ended) break;
    reason = co_await one->changed.wait(seen, end, client_gone);
  }
  forget(one);
  if (one->ended) co_return std::move(*one->ended);
  unanswered_.add();
  if (reason == net::wake_reason::cancelled) co_return submission_failure::client_gone;
  co_return one->offset ? submission_failure::timed_out : submission_failure::no_quorum;
}

net::task<std::variant<submitted_answer, submission_failure>> log_submission::submit_and_wait(
    command_draft command, std::int64_t wait_ms, std::stop_token client_gone) {
  auto begun = begin(command, true);
  if (const auto* refused = std::get_if<submission_failure>(&begun)) co_return *refused;
  const pending_ptr one = std::get<pending_ptr>(begun);
  const net::deadline give_up = net::deadline::in_ms(options_.give_up_ms);
  const net::deadline end_of_wait = net::deadline::in_ms(wait_ms);
  auto reason = net::wake_reason::woken;
  while (!one->ended && reason == net::wake_reason::woken) {
    const std::uint64_t seen = one->changed.generation();
    if (one->ended || (one->first && long_polls_ended_)) break;
    reason = co_await one->changed.wait(seen, one->first ? end_of_wait : give_up, client_gone);
  }
  forget(one);
  if (one->ended) co_return std::move(*one->ended);
  if (reason == net::wake_reason::cancelled) co_return submission_failure::client_gone;
  if (one->first) co_return std::move(*one->first);
  unanswered_.add();
  co_return one->offset ? submission_failure::timed_out : submission_failure::no_quorum;
}

std::variant<log_submission::pending_ptr, submission_failure> log_submission::begin(
    const command_draft& command, bool wants_second) {
  if (commands_ >= options_.most_commands) return submission_failure::overloaded;
  auto one = std::make_shared<pending>();
  one->key = key_of(command);
  one->wants_second = wants_second;
  one->started_us = time_.monotonic_us();
  if (!one->key.empty() && !keys_.insert(one->key).second) return submission_failure::in_progress;
  if (!to_log_(record_text(command, options_.reply_to),
               [this, one](append_result stored) { on_appended(one, stored); })) {
    keys_.erase(one->key);
    return submission_failure::overloaded;
  }
  under_way_.set(static_cast<std::int64_t>(++commands_));
  submitted_.add();
  return one;
}

void log_submission::on_appended(const pending_ptr& one, append_result stored) {
  if (one->forgotten) return;
  one->appended_us = time_.monotonic_us();
  produce_us_.observe(static_cast<std::uint64_t>(one->appended_us - one->started_us));
  if (!stored.stored) {
    unanswered_.add();
    finish(one, submission_failure::no_quorum);
    return;
  }
  one->offset = stored.offset;
  by_offset_[stored.offset] = one;
  const auto early = early_.find(stored.offset);
  if (early == early_.end()) return;
  const auto told = std::move(early->second);
  early_.erase(early);
  if (const auto* decided = std::get_if<voted_answer>(&told)) {
    answer(one, *decided);
  } else {
    unanswered_.add();
    finish(one, std::get<submission_failure>(told));
  }
}

void log_submission::on_decided(const vote& agreed) {
  auto decoded = decode_answer(agreed);
  if (!decoded) {
    log_error("booking_front_end", "a decided vote at offset {} cannot be read: {}", agreed.at_offset,
              decoded.error().message);
    return;
  }
  if (decoded->pushed) {
    answer_second(*decoded);
    return;
  }
  const auto found = by_offset_.find(agreed.at_offset);
  if (found != by_offset_.end()) {
    answer(pending_ptr(found->second), std::move(*decoded));
  } else {
    keep_early(agreed.at_offset, std::move(*decoded));
  }
}

void log_submission::on_hopeless(const answer_id& id) {
  // A second answer is not about the command at `at_offset`: whoever waits for it asks again.
  if (id.at_offset != id.offset && !id.replayed) return;
  const auto found = by_offset_.find(id.at_offset);
  if (found == by_offset_.end()) {
    keep_early(id.at_offset, submission_failure::no_majority);
    return;
  }
  unanswered_.add();
  finish(pending_ptr(found->second), submission_failure::no_majority);
}

void log_submission::on_applied(const outcome& result) {
  if (!result.replies.empty() && result.replies.front().why != reply::cause::pushed) {
    const auto found = by_offset_.find(result.offset);
    if (found != by_offset_.end()) found->second->observed = answer_of(result, result.replies.front());
  }
  for (const reply& one : result.replies)
    if (one.why == reply::cause::pushed && one.reply_to == options_.reply_to)
      answer_second(answer_of(result, one));
}

void log_submission::use_observed_answers() {
  const std::int64_t late_us = time_.monotonic_us() - votes_are_late_us;
  std::vector<pending_ptr> late;
  for (const auto& [offset, one] : by_offset_)
    if (one->observed && one->appended_us <= late_us) late.push_back(one);
  for (const pending_ptr& one : late) {
    from_observer_.add();
    voted_answer told = std::move(*one->observed);
    one->observed.reset();
    answer(one, std::move(told));
  }
}

void log_submission::end_long_polls() {
  long_polls_ended_ = true;
  for (const auto& [offset, one] : waiting_for_second_) one->changed.wake_all();
}

void log_submission::answer(const pending_ptr& one, voted_answer told) {
  const std::int64_t now_us = time_.monotonic_us();
  vote_us_.observe(static_cast<std::uint64_t>(now_us - one->appended_us));
  submitted_answer complete{std::move(told), one->appended_us - one->started_us, now_us - one->appended_us};
  answered_.add();
  if (!one->wants_second || complete.answer.code != "WAITING") {
    finish(one, std::move(complete));
    return;
  }
  // From here on the same key may ask again: it would join the same place.
  keys_.erase(std::exchange(one->key, {}));
  by_offset_.erase(*one->offset);
  const std::int64_t answered_offset = complete.answer.offset;
  const auto pushed = pushed_.find(answered_offset);
  if (pushed != pushed_.end()) {
    complete.answer = pushed->second;
    finish(one, std::move(complete));
    return;
  }
  one->first = std::move(complete);
  waiting_for_second_.emplace(answered_offset, one);
  one->changed.wake_all();
}

void log_submission::answer_second(const voted_answer& told) {
  pushed_.insert_or_assign(told.offset, told);
  if (pushed_.size() > most_pushed) pushed_.erase(pushed_.begin());
  const auto [first, last] = waiting_for_second_.equal_range(told.offset);
  std::vector<pending_ptr> waiters;
  for (auto one = first; one != last; ++one) waiters.push_back(one->second);
  for (const pending_ptr& one : waiters) {
    submitted_answer complete = *one->first;
    complete.answer = told;
    finish(one, std::move(complete));
  }
}

void log_submission::finish(const pending_ptr& one, ending how) {
  if (one->forgotten || one->ended) return;
  one->ended = std::move(how);
  forget(one);
  one->changed.wake_all();
}

void log_submission::forget(const pending_ptr& one) {
  if (std::exchange(one->forgotten, true)) return;
  under_way_.set(static_cast<std::int64_t>(--commands_));
  if (!one->key.empty()) keys_.erase(one->key);
  if (one->offset) by_offset_.erase(*one->offset);
  if (!one->first) return;
  const auto [first, last] = waiting_for_second_.equal_range(one->first->answer.offset);
  for (auto place = first; place != last; ++place) {
    if (place->second != one) continue;
    waiting_for_second_.erase(place);
    return;
  }
}

void log_submission::keep_early(std::int64_t at_offset, std::variant<voted_answer, submission_failure> told) {
  if (!early_.insert_or_assign(at_offset, std::move(told)).second) return;
  early_order_.push_back(at_offset);
  if (early_order_.size() <= most_early) return;
  early_.erase(early_order_.front());
  early_order_.pop_front();
}

voted_answer answer_of(const outcome& of, const reply& one) {
  return {.code = std::string(to_string(one.content.code)),
          .ok = is_success(one.content.code),
          .replayed = one.why == reply::cause::replayed,
          .pushed = one.why == reply::cause::pushed,
          .offset = one.offset,
          .at_offset = of.offset,
          .time_ms = of.time_ms,
          .show_version = one.content.show_version,
          .body = one.content.body};
}

}  // namespace marquee::booking
