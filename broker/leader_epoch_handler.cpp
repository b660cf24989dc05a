#include "broker/leader_epoch_handler.h"

#include "broker/replica_questions.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t answer_timeout_ms = 10'000;

}  // namespace

net::task<kafka::offset_for_leader_epoch_response> leader_epoch_handler::handle(
    kafka::offset_for_leader_epoch_request request, request_context context) const {
  services_.metrics.other_requests.add();
  kafka::offset_for_leader_epoch_response response;
  auto asked = ask_replicas<epoch_answer>(
      services_, request, response, [](const auto&) { return kafka_error::none; },
      [](const auto& wanted, const replica_pointer& replica) {
        return ask_partition<epoch_answer>(replica, [wanted](partition& served, const auto& promise) {
          promise.set(served.end_of_epoch(wanted.leader_epoch, wanted.current_leader_epoch));
        });
      });
  const net::deadline end = net::deadline::in_ms(answer_timeout_ms);
  for (auto& one : asked) {
    const auto answer = co_await one.coming.wait(end, context.gone);
    one.told->error = answer ? answer->error : kafka_error::request_timed_out;
    if (!answer || answer->error != kafka_error::none) continue;
    one.told->leader_epoch = static_cast<std::int32_t>(answer->end.epoch);
    one.told->end_offset = answer->end.end_offset;
  }
  co_return response;
}

}  // namespace marquee::broker
