#include "broker/list_offsets_handler.h"

#include "broker/replica_questions.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t barrier_timeout_ms = 10'000;
constexpr std::int16_t first_version_with_max_timestamp = 7;

/// OFFSET_NOT_AVAILABLE came with version 5.
kafka_error known_to(std::int16_t version, kafka_error error) {
  if (error == kafka_error::offset_not_available && version < 5) return kafka_error::leader_not_available;
  return error;
}

}  // namespace

net::task<kafka::list_offsets_response> list_offsets_handler::handle(kafka::list_offsets_request request,
                                                                     request_context context) const {
  services_.metrics.other_requests.add();
  kafka::list_offsets_response response;
  const auto refuse = [&](const auto& wanted) {
    const bool too_new =
        wanted.timestamp == kafka::max_timestamp && context.version < first_version_with_max_timestamp;
    return too_new ? kafka_error::unsupported_version : kafka_error::none;
  };
  auto asked = ask_replicas<offset_answer>(
      services_, request, response, refuse, [](const auto& wanted, const replica_pointer& replica) {
        return ask_partition<offset_answer>(
            replica, [wanted](partition& served, const net::promise<offset_answer>& promise) {
              served.list_offset(wanted.timestamp, wanted.current_leader_epoch,
                                 [promise](offset_answer answer) { promise.set(answer); });
            });
      });
  const net::deadline end = net::deadline::in_ms(barrier_timeout_ms);
  for (auto& one : asked) {
    const auto answer = co_await one.coming.wait(end, context.gone);
    one.told->error = answer ? known_to(context.version, answer->error) : kafka_error::request_timed_out;
    if (!answer || answer->error != kafka_error::none) continue;
    one.told->timestamp = answer->timestamp_ms;
    one.told->offset = answer->offset;
    one.told->leader_epoch = answer->leader_epoch;
  }
  co_return response;
}

}  // namespace marquee::broker
