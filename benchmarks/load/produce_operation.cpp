#include "benchmarks/load/produce_operation.h"

#include <algorithm>
#include <charconv>
#include <random>

#include "benchmarks/load/stored_places.h"

namespace marquee::load {

namespace {

constexpr std::size_t sequence_digits = 16;
constexpr std::int64_t most_tail_bytes = 64 << 20;

/// The same length for every key.
std::string key_text(std::int64_t number) {
  std::string digits = std::to_string(number);
  return "key-" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits;
}

}  // namespace

produce_operation::produce_operation(const load_options& options, std::string host, std::int64_t producers)
    : options_(options),
      host_(std::move(host)),
      producers_(static_cast<std::size_t>(std::min(producers, options.connections))),
      heads_(static_cast<std::size_t>(options.connections)) {
  make_tails();
}

void produce_operation::make_tails() {
  const std::string value = make_payload(options_.record_bytes, 1);
  std::mt19937_64 random(2);
  const auto message = [&] {
    std::string text = "\"message\":\"" + value + '"';
    if (options_.keys > 0)
      text += ",\"key\":\"" +
              key_text(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(options_.keys))) + '"';
    return text;
  };
  // Bodies with other keys take turns: as many as memory allows.
  const std::int64_t bytes = options_.batch * (options_.record_bytes + 32);
  const std::int64_t count =
      options_.keys > 0 ? std::clamp<std::int64_t>(most_tail_bytes / bytes, 4, 4096) : 1;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string tail = ",";
    if (options_.batch == 1) {
      tail += message();
    } else {
      tail += "\"messages\":[";
      for (std::int64_t record = 0; record < options_.batch; ++record)
        tail += (record == 0 ? "{" : ",{") + message() + '}';
      tail += ']';
    }
    tails_.push_back(tail + '}');
  }
}

std::string produce_operation::set_up_request(std::size_t step) {
  // Registering would create a missing topic, with one partition: a mistyped name must not be measured.
  if (step == 0) return json_request("GET", "/topics/" + options_.topic, host_, "");
  return json_request("POST", "/producer/register", host_, "{\"topic\":\"" + options_.topic + "\"}");
}

std::string produce_operation::take_set_up_answer(std::size_t step, const http_answer& answer) {
  if (step == 0)
    return answer.status == 200 ? ""
                                : "topic " + options_.topic + ": " + failure_of(answer) + "; create it first";
  producer& made = producers_[step - 1];
  made.id = text_member(answer.body, "producer_id");
  return made.id.empty()
             ? "cannot register a producer for topic " + options_.topic + ": " + failure_of(answer)
             : "";
}

void produce_operation::make_head(std::size_t slot) {
  const std::string body = "{\"topic\":\"" + options_.topic + "\",\"producer_id\":\"" +
                           producers_[slot % producers_.size()].id +
                           "\",\"sequence\":" + std::string(sequence_digits, ' ');
  heads_[slot] = post_header("/producer/produce", host_, body.size() + tails_[0].size()) + body;
}

http_request_text produce_operation::next_request(std::size_t slot) {
  std::string& head = heads_[slot];
  if (head.empty()) make_head(slot);
  producer& by = producers_[slot % producers_.size()];
  char* const place = head.data() + head.size() - sequence_digits;
  const auto end = std::to_chars(place, place + sequence_digits, by.next_sequence).ptr;
  std::fill(end, place + sequence_digits, ' ');
  by.next_sequence += options_.batch;
  next_tail_ = (next_tail_ + 1) % tails_.size();
  return {head, tails_[next_tail_]};
}

answer_value produce_operation::take_answer(std::size_t /*slot*/, const http_answer& answer) {
  answer_value value;
  std::int64_t given_twice = 0;
  stored_places messages(answer.status == 200 ? std::string_view(answer.body) : std::string_view());
  while (messages.next()) {
    ++value.records;
    if (messages.members().contains("\"duplicate\":true")) ++value.duplicates;
    if (!offsets_.add(messages.partition(), messages.offset())) ++given_twice;
  }
  if (given_twice > 0) {
    value.failed = given_twice;
    value.failure = "offset given twice";
  } else if (value.records != options_.batch) {
    value.failed = options_.batch - value.records;
    value.failure = failure_of(answer);
  }
  value.bytes = value.records * options_.record_bytes;
  return value;
}

}  // namespace marquee::load
