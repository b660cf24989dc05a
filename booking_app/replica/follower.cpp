#include "booking_app/replica/follower.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/logging.h"
#include "booking_app/log/booking_topics.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::booking {

namespace {

constexpr const char* component = "booking.replica";
constexpr int crash_exit_code = 70;

/// What a replica says that is wrong in a way of its own.
reply wrong_reply(const reply& right, const std::string& replica) {
  reply wrong = right;
  json_writer body;
  body.open_object().field("wrong", "fault injection at " + replica).close_object();
  wrong.content.body = body.take();
  return wrong;
}

}  // namespace

std::optional<std::int32_t> reply_partition_of(std::string_view reply_to) {
  constexpr std::string_view prefix = "fe-";
  if (!reply_to.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = reply_to.substr(prefix.size());
  std::int32_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (digits.front() == '0' || number < 1 || number > reply_partitions) return std::nullopt;
  return number - 1;
}

follower::follower(machine begin, options wanted, const clock& time, fault_switches& faults, vote_sink send)
    : options_(std::move(wanted)),
      time_(time),
      faults_(faults),
      send_(std::move(send)),
      machine_(std::move(begin)) {
  if (machine_.next_offset() > 0) digests_.add(machine_.next_offset() - 1, machine_.digest());
}

void follower::take(const std::vector<logged_message>& messages, std::optional<std::int64_t> ms_since_end) {
  for (const logged_message& one : messages) apply(one, is_awaited(one, ms_since_end));
}

/// A broker's wall clock may be hours off, so that a record counts as young, too, if it came after the feed
/// had just read everything there was.
bool follower::is_awaited(const logged_message& message, std::optional<std::int64_t> ms_since_end) const {
  if (ms_since_end && *ms_since_end <= options_.vote_age_ms) return true;
  const std::int64_t age_ms = time_.wall_ms() - message.timestamp_ms;
  return age_ms <= options_.vote_age_ms && age_ms >= -options_.vote_age_ms;
}

void follower::apply(const logged_message& message, bool awaited) {
  outcome did;
  {
    const std::lock_guard lock(mutex_);
    did = machine_.apply(
        {.offset = message.offset, .timestamp_ms = message.timestamp_ms, .value = as_bytes(message.value)});
    digests_.add(message.offset, did.digest);
    ++counts_.records;
    if (did.bad_command) ++counts_.bad_commands;
    if (machine_.next_offset() % options_.self_check_records == 0) check_itself();
    if (broken_) return;
  }
  if (did.replies.empty()) return;
  if (faults_.crashes()) {
    log_error(component, "fault injection: exits at offset {}", message.offset);
    flush_log();
    std::_Exit(crash_exit_code);
  }
  if (!awaited) return;
  for (const reply& one : did.replies) vote(did, one);
}

void follower::check_itself() {
  ++counts_.self_checks;
  if (broken_ || machine_.recomputed_digest() == machine_.digest()) return;
  broken_ = true;
  log_error(component,
            "{} is broken: at offset {} its entities do not have the digest {} that it kept; it votes no "
            "more. Replace it: POST /v1/admin/replicas/{}/replace",
            options_.replica, machine_.next_offset() - 1, to_text(machine_.digest()), options_.replica);
}

void follower::vote(const outcome& did, const reply& one) {
  const auto partition = reply_partition_of(one.reply_to);
  if (!partition) return;
  outgoing_vote vote{.partition = *partition, .text = {}};
  vote.text = faults_.take_wrong() ? vote_text(did, wrong_reply(one, options_.replica), options_.replica)
                                   : vote_text(did, one, options_.replica);
  if (faults_.take_slow()) vote.delay_ms = fault_switches::slow_reply_ms;
  {
    const std::lock_guard lock(mutex_);
    ++counts_.votes;
  }
  send_(std::move(vote));
}

follower::status follower::now() const {
  const std::lock_guard lock(mutex_);
  return {.offset = machine_.next_offset() - 1,
          .time_ms = machine_.time_ms(),
          .digest = machine_.digest(),
          .broken = broken_};
}

std::optional<digest_value> follower::digest_at(std::int64_t offset) const {
  const std::lock_guard lock(mutex_);
  return digests_.at(offset);
}

std::int64_t follower::next_offset() const {
  const std::lock_guard lock(mutex_);
  return machine_.next_offset();
}

std::optional<follower::encoded_snapshot> follower::snapshot() const {
  const std::lock_guard lock(mutex_);
  if (broken_) return std::nullopt;
  return encoded_snapshot{.bytes = machine_.snapshot(), .next_offset = machine_.next_offset()};
}

follower::counts follower::counted() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool follower::corrupt_one_seat() {
  const std::lock_guard lock(mutex_);
  return machine_.corrupt_one_seat();
}

void follower::damage(const std::function<void(machine&)>& corrupt) {
  const std::lock_guard lock(mutex_);
  corrupt(machine_);
}

}  // namespace marquee::booking
