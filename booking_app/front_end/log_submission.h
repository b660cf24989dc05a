#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "booking_app/front_end/submission.h"
#include "booking_app/log/topic_writer.h"
#include "booking_app/machine/outcome.h"
#include "booking_app/voting/vote.h"
#include "net/wake_point.h"

namespace marquee::booking {

struct submission_options {
  std::string reply_to;
  std::int64_t give_up_ms = 10'000;
  std::size_t most_commands = 20'000;
};

/// How the log took a record.
struct append_result {
  bool stored = false;
  std::int64_t offset = -1;
};

/// Commands on their way: from the record on the log to the answer that a majority of votes gives. On the
/// front end's loop; what other threads know is brought there first (`append`'s callback, votes).
///
/// A command is known by its key until it is answered, so that nobody asks the log twice for the same at the
/// same time; by its offset once the log has it. Votes may be decided before the log's own answer is here:
/// such answers are kept for a while. Where votes were lost (their topic is relaxed), the answer of the
/// observer serves, whose state a majority has confirmed.
class log_submission final : public submission {
 public:
  /// Puts a record on the log; `on_done` is called on the loop, once, unless false is returned (no room).
  using append = std::function<bool(std::string record, std::function<void(append_result)> on_done)>;

  log_submission(submission_options options, append to_log, const clock& time, metrics_registry& metrics);
  ~log_submission() override;

  [[nodiscard]] net::task<std::variant<submitted_answer, submission_failure>> submit(
      command_draft command, std::stop_token client_gone) override;
  [[nodiscard]] net::task<std::variant<submitted_answer, submission_failure>> submit_and_wait(
      command_draft command, std::int64_t wait_ms, std::stop_token client_gone) override;
  [[nodiscard]] std::size_t under_way() const override { return commands_; }

  /// f+1 replicas agree.
  void on_decided(const vote& agreed);
  /// They cannot any more.
  void on_hopeless(const answer_id& answer);
  /// The observer has applied a record.
  void on_applied(const outcome& result);
  /// To be called a few times a second: answers from the observer what the votes leave open.
  void use_observed_answers();
  /// Nobody waits for second answers any more.
  void end_long_polls();
  /// Whether a command in the log waits for its votes: they will confirm the log as well.
  [[nodiscard]] bool awaits_votes() const { return !by_offset_.empty(); }

 private:
  using ending = std::variant<submitted_answer, submission_failure>;
  struct pending;
  using pending_ptr = std::shared_ptr<pending>;

  std::variant<pending_ptr, submission_failure> begin(const command_draft& command, bool wants_second);
  void on_appended(const pending_ptr& one, append_result stored);
  void answer(const pending_ptr& one, voted_answer told);
  void answer_second(const voted_answer& told);
  void finish(const pending_ptr& one, ending how);
  /// The coroutine that waited is gone or has its answer.
  void forget(const pending_ptr& one);
  void keep_early(std::int64_t at_offset, std::variant<voted_answer, submission_failure> told);

  submission_options options_;
  append to_log_;
  const clock& time_;
  std::size_t commands_ = 0;
  bool long_polls_ended_ = false;
  std::unordered_set<std::string> keys_;  ///< under way
  std::unordered_map<std::int64_t, pending_ptr> by_offset_;
  std::multimap<std::int64_t, pending_ptr> waiting_for_second_;  ///< by the offset that is answered
  std::unordered_map<std::int64_t, std::variant<voted_answer, submission_failure>> early_;
  std::deque<std::int64_t> early_order_;
  std::map<std::int64_t, voted_answer> pushed_;  ///< newest second answers, by the offset that they answer

  metric_counter& submitted_;
  metric_counter& answered_;
  metric_counter& unanswered_;
  metric_counter& from_observer_;
  metric_gauge& under_way_;
  metric_histogram& produce_us_;
  metric_histogram& vote_us_;
};

/// The answer in a reply of the observer's own machine.
[[nodiscard]] voted_answer answer_of(const outcome& of, const reply& one);

}  // namespace marquee::booking
