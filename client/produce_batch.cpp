#include "client/produce_batch.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "client/message_codec.h"

namespace marquee::client {

namespace {

using nlohmann::json;

/// One request: its text, and which messages it holds.
struct part {
  std::string body;
  batch_progress::range messages;
};

/// As many messages of `open` as fit. Throws json::type_error if a name is not UTF-8.
part make_part(const produce_identity& identity, std::int64_t first_sequence, std::span<const message> batch,
               batch_progress::range open) {
  part made{.body = {}, .messages = {open.first, open.first}};
  const auto first = static_cast<std::int64_t>(open.first);
  made.body = json({{"topic", identity.topic},
                    {"producer_id", identity.producer_id},
                    {"sequence", first_sequence + first}})
                  .dump();
  made.body.back() = ',';
  made.body += "\"messages\":[";
  while (made.messages.end < open.end && made.messages.end - made.messages.first < batch_request_messages) {
    json one = json::object();
    put_message(one, batch[made.messages.end]);
    const std::string text = one.dump();
    const bool is_first = made.messages.end == made.messages.first;
    if (!is_first && made.body.size() + text.size() > batch_request_bytes) break;
    if (!is_first) made.body += ',';
    made.body += text;
    ++made.messages.end;
  }
  made.body += "]}";
  return made;
}

outcome<stored_message> read_result(const json& item) {
  if (!item.is_object() || !item.contains("code")) return read_stored(item);
  const auto text = [&item](const char* name) {
    const json found = item.value(name, json());
    return found.is_string() ? found.get<std::string>() : std::string();
  };
  const json pause_ms = item.value("retry_after_ms", json(0));
  return std::unexpected(api_failure{
      .code = text("code"),
      .message = text("message"),
      .component = text("component"),
      .retriable = item.value("retriable", json(false)) == json(true),
      .outcome = text("outcome") == "unknown" ? request_outcome::unknown : request_outcome::definite,
      .retry_after_ms = pause_ms.is_number_integer() ? pause_ms.get<std::int64_t>() : 0});
}

/// False if the answer does not answer every message of `sent`.
bool note_answer(batch_progress& progress, batch_progress::range sent, const json& answer) {
  const auto results = answer.find("results");
  if (results == answer.end() || !results->is_array() || results->size() != sent.end - sent.first) {
    progress.note_failure(sent, malformed_answer("produce without a result for each message"));
    return false;
  }
  std::vector<outcome<stored_message>> read;
  read.reserve(results->size());
  for (const json& item : *results) read.push_back(read_result(item));
  progress.note(sent.first, std::move(read));
  return true;
}

}  // namespace

std::vector<outcome<stored_message>> produce_batch(api_connection& connection,
                                                   const produce_identity& identity,
                                                   std::int64_t first_sequence,
                                                   std::span<const message> batch) {
  const std::int64_t deadline_ms = connection.options().deadline_ms;
  const std::int64_t started_ms = connection.now_ms();
  batch_progress progress(batch.size());
  retry_policy policy(connection.options(), repeatability::repeatable, connection.random());
  while (const auto open = progress.open()) {
    part sent;
    try {
      sent = make_part(identity, first_sequence, batch, *open);
    } catch (const json::type_error&) {
      progress.note_failure(*open, not_text());
      break;
    }
    const auto answer = connection.call_with_text(
        "POST", "/producer/produce", std::move(sent.body), repeatability::repeatable,
        {.deadline_ms = deadline_ms - (connection.now_ms() - started_ms), .takes_failed_results = true});
    if (!answer) {
      progress.note_failure(sent.messages, answer.error());
      break;
    }
    if (!note_answer(progress, sent.messages, *answer)) break;
    const api_failure* failure = progress.open_failure(sent.messages);
    if (failure == nullptr) {
      policy.note_progress();
      continue;
    }
    const auto pause_ms = policy.pause_after(*failure, connection.now_ms() - started_ms);
    if (!pause_ms || !connection.pause(*pause_ms)) break;
    connection.count_repeated_attempt();
  }
  return progress.take();
}

}  // namespace marquee::client
