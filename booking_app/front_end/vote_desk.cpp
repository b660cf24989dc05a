#include "booking_app/front_end/vote_desk.h"

#include <utility>

namespace marquee::booking {

vote_desk::vote_desk(vote_desk_options options, listeners told, const clock& time, metrics_registry& metrics)
    : options_(std::move(options)),
      told_(std::move(told)),
      time_(time),
      ledger_(options_.replicas),
      judge_({.by = options_.by,
              .heartbeat_ms = options_.heartbeat_ms,
              .first_heartbeat_ms = std::max<std::int64_t>(options_.heartbeat_ms, 10'000)}),
      counting_(ledger_.voting()),
      votes_(metrics.counter("marquee_booking_front_end_votes_total", "Votes read.")),
      decisions_(metrics.counter("marquee_booking_front_end_decisions_total",
                                 "Answers that enough replicas agreed on.")),
      different_(metrics.counter("marquee_booking_front_end_different_votes_total",
                                 "Votes that were not the majority's.")),
      hopeless_(metrics.counter("marquee_booking_front_end_hopeless_answers_total",
                                "Answers on which no majority can agree.")),
      entries_(metrics.counter("marquee_booking_front_end_ledger_entries_total",
                               "Entries about replicas that were written.")) {}

void vote_desk::on_votes(const std::vector<vote>& votes) {
  const std::int64_t now_ms = time_.monotonic_ms();
  votes_.add(votes.size());
  for (const vote& one : votes) {
    const vote_table::result_of_vote outcome = table_.add(one, counting_, now_ms);
    if (outcome.decided) decided(*outcome.decided);
    if (outcome.right && !*outcome.right) different_.add();
    if (outcome.hopeless) {
      hopeless_.add();
      told_.on_hopeless(one.answer());
    }
    write(judge_.on_vote(one, outcome, ledger_, now_ms));
  }
}

void vote_desk::on_entries(const std::vector<ledger_entry>& entries) {
  const std::int64_t now_ms = time_.monotonic_ms();
  for (const ledger_entry& entry : entries) {
    ledger_.apply(entry);
    judge_.on_folded(entry);
    if (const auto* const started = std::get_if<replica_started>(&entry))
      table_.forget_votes_of(started->replica);
  }
  std::set<std::string> counting = ledger_.voting();
  if (counting == counting_) return;
  counting_ = std::move(counting);
  const auto changed = table_.recount(counting_, now_ms);
  for (const vote_table::recounted_answer& one : changed) tell(one);
  write(judge_.on_recount(changed, ledger_, now_ms));
}

void vote_desk::on_partial_round(std::int64_t offset, const std::vector<status_answer>& answers) {
  const digest_round round = judge_digests(offset, answers, ledger_);
  if (round.digest) told_.on_confirmed(offset, *round.digest);
}

void vote_desk::on_round(std::int64_t offset, const std::vector<status_answer>& answers) {
  write(judge_.on_round(judge_digests(offset, answers, ledger_), ledger_, time_.monotonic_ms()));
}

void vote_desk::on_time(bool reading) {
  const std::int64_t now_ms = time_.monotonic_ms();
  if (!reading) table_.restart_silences(now_ms);
  write(judge_.on_silences(table_.take_silences(counting_, now_ms, options_.silence_ms), ledger_, now_ms));
  write(judge_.on_time(ledger_, now_ms));
}

void vote_desk::tell(const vote_table::recounted_answer& one) {
  if (one.decided) decided(*one.decided);
  if (!one.hopeless) return;
  hopeless_.add();
  told_.on_hopeless(one.answer);
}

void vote_desk::decided(const decision& made) {
  decisions_.add();
  different_.add(made.different.size());
  told_.on_decided(made.agreed);
  told_.on_confirmed(made.agreed.at_offset, made.agreed.digest);
}

void vote_desk::write(const replica_judge::entries& entries) {
  entries_.add(entries.size());
  for (const ledger_entry& entry : entries) told_.write(entry);
}

}  // namespace marquee::booking
