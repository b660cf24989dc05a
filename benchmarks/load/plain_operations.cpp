#include "benchmarks/load/plain_operations.h"

#include <chrono>
#include <cstdio>

namespace marquee::load {

namespace {

constexpr std::string_view place_holder = "{n}";
constexpr std::size_t number_digits = 16;

std::string hexadecimal(std::uint64_t number) {
  char digits[number_digits + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return digits;
}

}  // namespace

plain_operation::plain_operation(const load_options& options, std::string host, plain_request request)
    : request_(std::move(request)) {
  std::string body = request_.body;
  for (std::size_t place = body.find(place_holder); place != std::string::npos;
       place = body.find(place_holder)) {
    body.replace(place, place_holder.size(), std::string(number_digits, '0'));
    places_.push_back(place);
  }
  const std::string header = post_header(request_.path, host, body.size(), request_.more_fields);
  for (std::size_t& place : places_) place += header.size();
  text_ = header + body;
  if (!places_.empty()) texts_.assign(static_cast<std::size_t>(options.connections), text_);
  // Numbers begin at the clock, so that those of two runs differ.
  next_number_ = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() /
                                            std::chrono::milliseconds(1))
                 << 20;
}

http_request_text plain_operation::next_request(std::size_t slot) {
  if (places_.empty()) return {text_, {}};
  const std::string number = hexadecimal(++next_number_);
  for (const std::size_t place : places_) texts_[slot].replace(place, number_digits, number);
  return {texts_[slot], {}};
}

answer_value plain_operation::take_answer(std::size_t /*slot*/, const http_answer& answer) {
  if (answer.status < 200 || answer.status > 299) return {.failed = 1, .failure = failure_of(answer)};
  if (!request_.expected.empty() && !answer.body.contains(request_.expected))
    return {.failed = 1, .failure = std::to_string(answer.status) + " without " + request_.expected};
  return {.records = 1, .bytes = request_.bytes};
}

plain_request register_producer_request(const std::string& topic) {
  return {.path = "/producer/register",
          .body = "{\"topic\":\"" + topic + "\"}",
          .expected = "\"producer_id\":\""};
}

plain_request register_consumer_request(const std::string& topic) {
  return {.path = "/consumer/register",
          .body = "{\"topic\":\"" + topic + "\"}",
          .expected = "\"consumer_id\":\""};
}

plain_request create_topic_request(const std::string& topic_prefix, std::int64_t partitions,
                                   std::int64_t replication_factor) {
  return {.path = "/topics",
          .body = "{\"name\":\"" + topic_prefix + "-{n}\",\"partitions\":" + std::to_string(partitions) +
                  ",\"replication_factor\":" + std::to_string(replication_factor) + "}",
          .expected = "\"topic\":{"};
}

}  // namespace marquee::load
