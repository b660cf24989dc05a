#include "benchmarks/load/consume_operation.h"

#include "benchmarks/load/stored_places.h"

namespace marquee::load {

consume_operation::consume_operation(const load_options& options, consume_options consume, std::string host)
    : options_(options),
      consume_(consume),
      host_(std::move(host)),
      consumers_(static_cast<std::size_t>(options.connections)) {}

std::string consume_operation::set_up_request(std::size_t /*step*/) {
  return json_request("POST", "/consumer/register", host_,
                      "{\"topic\":\"" + options_.topic + "\",\"from\":\"earliest\"}");
}

std::string consume_operation::take_set_up_answer(std::size_t step, const http_answer& answer) {
  consumers_[step].id = text_member(answer.body, "consumer_id");
  return consumers_[step].id.empty()
             ? "cannot register a consumer of topic " + options_.topic + ": " + failure_of(answer)
             : "";
}

std::string consume_operation::consume_body(consumer& by) const {
  std::string body = "{\"topic\":\"" + options_.topic + "\",\"consumer_id\":\"" + by.id +
                     "\",\"max\":" + std::to_string(options_.batch) +
                     ",\"wait_ms\":" + std::to_string(consume_.wait_ms);
  if (consume_.acknowledges) body += ",\"commit\":\"manual\"";
  if (consume_.polls) body += ",\"poll\":" + std::to_string(++by.poll);
  return body + '}';
}

http_request_text consume_operation::next_request(std::size_t slot) {
  consumer& by = consumers_[slot];
  by.under_way = by.next;
  by.next = step::consume;
  if (by.under_way == step::rewind) {
    by.offsets.forget();
    by.request = json_request("POST", "/consumer/seek", host_,
                              "{\"consumer_id\":\"" + by.id + "\",\"to\":\"earliest\"}");
  } else if (by.under_way == step::commit) {
    std::string positions;
    for (const auto& [partition, offset] : by.offsets.next())
      positions += (positions.empty() ? "" : ",") + ("{\"partition\":" + std::to_string(partition)) +
                   ",\"offset\":" + std::to_string(offset) + '}';
    by.request = json_request("POST", "/consumer/commit", host_,
                              "{\"consumer_id\":\"" + by.id + "\",\"positions\":[" + positions + "]}");
  } else {
    by.request = json_request("POST", "/consumer/consume", host_, consume_body(by));
  }
  return {by.request, {}};
}

answer_value consume_operation::take_answer(std::size_t slot, const http_answer& answer) {
  consumer& by = consumers_[slot];
  if (answer.status != 200) {
    by.next = by.under_way;
    answer_value value{.failed = 1, .failure = failure_of(answer)};
    value.is_counted = by.under_way == step::consume;
    return value;
  }
  if (by.under_way != step::consume) {
    answer_value value;
    value.is_counted = false;
    return value;
  }
  answer_value value = take_messages(by, answer.body);
  if (value.records == 0 && value.failed == 0) {
    value.is_counted = false;
    if (consume_.rewinds) by.next = step::rewind;
  } else if (consume_.acknowledges) {
    by.next = step::commit;
  }
  return value;
}

answer_value consume_operation::take_messages(consumer& by, std::string_view body) const {
  constexpr std::string_view list_name = "\"messages\":[";
  answer_value value;
  // The first message stands before the list too.
  const std::size_t list = body.find(list_name);
  if (list == std::string_view::npos) return {.failed = 1, .failure = "200 without messages"};
  stored_places messages(body.substr(list + list_name.size()));
  while (messages.next()) {
    ++value.records;
    if (const char* const wrong = by.offsets.add(messages.partition(), messages.offset())) {
      ++value.failed;
      value.failure = wrong;
    }
  }
  value.bytes = value.records * options_.record_bytes;
  return value;
}

void consume_operation::lose_answer(std::size_t slot) {
  consumer& by = consumers_[slot];
  by.next = by.under_way;
  // The same number again gives the same messages; without one the position is the cluster's affair.
  if (by.under_way == step::consume && consume_.polls)
    --by.poll;
  else
    by.offsets.forget();
}

}  // namespace marquee::load
