// JSON bodies: strict parsing, produce requests, topic configuration, the load balancer's glance, opaque ids.

#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "base/utf8.h"
#include "db/opaque_id.h"
#include "load_balancer/body_scan.h"
#include "net/json_body.h"
#include "tests/fuzz/fuzz_input.h"
#include "write_manager/produce_request.h"
#include "write_manager/topic_config_policy.h"

using namespace marquee;

namespace {

void strict(std::string_view text) {
  const auto parsed = net::parse_json(text);
  if (!parsed) {
    const auto answer = net::to_response(net::bad_request("fuzz", parsed.error()));
    fuzz::require(answer.body.size() < 16 * 1024, "an answer does not repeat what it refuses");
    fuzz::require(net::parse_json(answer.body).has_value(), "an answer is JSON");
    return;
  }
  fuzz::require(nlohmann::json::accept(text), "we accept what everybody accepts");
  fuzz::require(is_valid_utf8(text), "we accept UTF-8 only");
  // The load balancer looks at a body without parsing it: of a valid one it must say the same.
  for (const std::string_view name : {"a", "sequence", "consumer_id"}) {
    const auto glance = load_balancer::top_level_member(text, name);
    if (!glance || !parsed->is_object() || !parsed->contains(name)) continue;
    const nlohmann::json& value = (*parsed)[name];
    if (value.is_string()) fuzz::require(value.get<std::string>() == *glance, "a glance sees the text");
  }
}

void produce(std::string_view text) {
  const auto request = write_manager::parse_produce_request(text);
  if (!request) return;
  fuzz::require(net::parse_json(text).has_value(), "a produce request is strict JSON");
  fuzz::require(!request->messages.empty() || request->shape == write_manager::produce_request::form::many,
                "a request has a message");
}

void topic(std::string_view text) {
  net::json_body body = net::json_body::parse(text);
  const std::string name = body.text("name");
  (void)body.integer_or("partitions", 1, 1, 10'000);
  (void)body.integer_or("replication_factor", 3, 1, 99);
  const auto wanted = body.scalar_members("config");
  if (body.finish()) return;
  (void)write_manager::problem_with_topic_name(name);
  const auto config = write_manager::check_topic_config(wanted);
  if (config)
    fuzz::require(nlohmann::json::accept(write_manager::effective_config_json(*config)),
                  "a configuration is JSON");
}

void consume(std::string_view text) {
  net::http_request request{.method = "GET", .target = "/consumer/consume?" + std::string(text)};
  if (!net::split_target(request)) return;
  net::json_body body = net::json_body::from_query(request);
  (void)body.text("topic");
  (void)body.text("consumer_id");
  (void)body.integer_or("max", 1, 1, 10'000);
  (void)body.integer_or("wait_ms", 0, 0, INT64_MAX);
  (void)body.optional_integer("poll", INT64_MIN, INT64_MAX);
  if (const auto problem = body.finish()) {
    const auto answer = net::to_response(net::bad_request("fuzz", *problem));
    fuzz::require(nlohmann::json::accept(answer.body), "an answer is JSON");
  }
}

void opaque_id(std::string_view text) {
  static const db::opaque_id_codec codec(bytes(32, 7));
  const auto identity = codec.decode(text);
  if (identity) fuzz::require(codec.encode(*identity) == text, "an id has one text");
}

void log_line(std::string_view text) {
  for (const char c : escape_for_log(text, 4096))
    fuzz::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "nothing is logged unescaped");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::fuzz_input input(data, size);
  constexpr void (*targets[])(std::string_view) = {strict, produce, topic, consume, opaque_id, log_line};
  const std::size_t chosen = input.choose(std::size(targets));
  const std::string text(input.text());  // of its own size: a read past it is noticed
  targets[chosen](text);
  return 0;
}
