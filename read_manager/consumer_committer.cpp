#include "read_manager/consumer_committer.h"

#include <utility>

#include "base/clock.h"
#include "base/logging.h"
#include "net/event_loop.h"

namespace marquee::read_manager {

using kafka::kafka_error;

namespace {
constexpr std::int64_t commit_timeout_ms = 10'000;
}

net::task<void> consumer_committer::run(position_client& positions, consumer_pointer consumer) {
  while (!consumer->lost && !consumer->commit_wanted.empty()) {
    const std::uint64_t ticket = consumer->tickets_given;
    position_map sent = std::exchange(consumer->commit_wanted, {});
    const result<command_outcome> outcome = co_await positions.commit(
        consumer->who, consumer->epoch, sent, net::deadline::in_ms(commit_timeout_ms));
    consumer->commit_problem.reset();
    if (!outcome) {
      consumer->commit_problem = outcome.error();
      // Kept for the next try, unless something newer is wanted by now.
      consumer->commit_wanted.merge(sent);
    } else if (outcome->error == kafka_error::none) {
      for (const auto& [partition, offset] : sent) consumer->committed[partition] = offset;
      consumer->verified_us = system_clock().monotonic_us();
    } else {
      consumer->lost = true;
      consumer->commit_problem =
          error{error_code::conflict, "the consumer is not owned here any more (" +
                                          std::string(name_of(outcome->error)) + ", owner is " +
                                          (outcome->owner.empty() ? "nobody" : outcome->owner) + ")"};
      log_info("read_manager", "consumer {}: {}", consumer->who.id, consumer->commit_problem->message);
    }
    consumer->tickets_done = ticket;
    consumer->changed.wake_all();
    if (consumer->commit_problem) break;
  }
  consumer->committing = false;
  consumer->changed.wake_all();
}

void consumer_committer::start(const consumer_pointer& consumer) {
  if (consumer->committing || consumer->commit_wanted.empty()) return;
  consumer->committing = true;
  loop_.spawn(
      [&positions = positions_, consumer]() -> net::task<void> { co_await run(positions, consumer); });
}

std::uint64_t consumer_committer::begin(const consumer_pointer& consumer, const position_map& positions) {
  for (const auto& [partition, offset] : positions) consumer->commit_wanted[partition] = offset;
  if (consumer->commit_wanted.empty()) return 0;
  const std::uint64_t ticket = ++consumer->tickets_given;
  start(consumer);
  return ticket;
}

net::task<> consumer_committer::written(consumer_pointer consumer, std::uint64_t ticket, net::deadline end) {
  while (!consumer->lost && consumer->tickets_done < ticket) {
    const std::uint64_t seen = consumer->changed.generation();
    if (consumer->tickets_done >= ticket || !consumer->committing) break;
    if (co_await consumer->changed.wait(seen, end) != net::wake_reason::woken) break;
  }
}

net::task<result<>> consumer_committer::commit(consumer_pointer consumer, position_map positions,
                                               net::deadline end) {
  for (const auto& [partition, offset] : positions) consumer->commit_wanted[partition] = offset;
  const std::uint64_t ticket = ++consumer->tickets_given;
  while (!consumer->lost && consumer->tickets_done < ticket) {
    const std::uint64_t seen = consumer->changed.generation();
    start(consumer);
    if (!consumer->committing) co_return result<>{};  // there was nothing to commit
    if (co_await consumer->changed.wait(seen, end) != net::wake_reason::woken)
      co_return fail(error_code::unavailable, "the positions were not committed in time");
  }
  if (consumer->lost) co_return fail(error_code::conflict, "the consumer was taken over by another manager");
  if (consumer->commit_problem) co_return failure(*consumer->commit_problem);
  co_return result<>{};
}

net::task<> consumer_committer::settle(consumer_pointer consumer, net::deadline end) {
  while (consumer->committing) {
    const std::uint64_t seen = consumer->changed.generation();
    if (!consumer->committing || co_await consumer->changed.wait(seen, end) != net::wake_reason::woken) break;
  }
}

}  // namespace marquee::read_manager
