#include "write_manager/produce_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "net/api_error.h"

namespace marquee::write_manager {

namespace {

bool stamps_append_time(const db::topic_row& topic) {
  const auto found = topic.config.find("message.timestamp.type");
  return found != topic.config.end() && found->second == "append";
}

bool is_relaxed(const db::topic_row& topic) {
  const auto found = topic.config.find("durability");
  return found != topic.config.end() && found->second == "relaxed";
}

/// What the record is stored with. Of a duplicate that retention removed nobody knows it: then the time that
/// the request names, or else when it was appended.
std::int64_t timestamp_of(const produce_message& message, const message_outcome& outcome,
                          const batch_outcome& batch, bool append_time, std::int64_t now_ms) {
  if (outcome.stored_timestamp_ms >= 0) return outcome.stored_timestamp_ms;
  if (append_time) return batch.append_time_ms;
  if (message.timestamp_ms) return *message.timestamp_ms;
  return outcome.duplicate && batch.append_time_ms >= 0 ? batch.append_time_ms : now_ms;
}

/// The repetition of a request is told; our own attempts to store one request are not. After a lost answer
/// only the time that this request gave its messages tells the two apart.
bool is_duplicate(const produce_message& message, const message_outcome& outcome, bool append_time,
                  std::int64_t now_ms) {
  if (!outcome.duplicate || !outcome.perhaps_own) return outcome.duplicate;
  return !append_time && !message.timestamp_ms && outcome.stored_timestamp_ms >= 0 &&
         outcome.stored_timestamp_ms != now_ms;
}

std::string component_of(const message_result& result, const std::string& own) {
  return result.broker.value() == 0 ? own : "broker/" + std::to_string(result.broker.value());
}

net::api_error error_of(const message_result& result, const std::string& component) {
  const message_problem& problem = *result.problem;
  net::api_error told;
  told.status = problem.status;
  told.code = problem.code;
  told.message = problem.text;
  told.component = component_of(result, component);
  told.retriable = problem.retriable;
  told.outcome = problem.outcome_unknown ? net::api_outcome::unknown : net::api_outcome::definite;
  return told;
}

std::string stored_members(const message_result& result) {
  return fmt::format("\"partition\":{},\"offset\":{},\"timestamp\":{}{}", result.partition, result.offset,
                     result.timestamp_ms, result.duplicate ? ",\"duplicate\":true" : "");
}

std::string problem_members(const message_result& result, const std::string& component) {
  const message_problem& problem = *result.problem;
  return fmt::format("\"code\":{},\"message\":{},\"component\":{},\"retriable\":{},\"outcome\":\"{}\"",
                     net::json_quote(problem.code), net::json_quote(problem.text),
                     net::json_quote(component_of(result, component)), problem.retriable,
                     problem.outcome_unknown ? "unknown" : "definite");
}

std::string results_member(const std::vector<message_result>& results, const std::string& component) {
  std::string list = "\"results\":[";
  for (const message_result& result : results) {
    if (list.back() == '}') list += ',';
    list += '{';
    list += result.problem ? problem_members(result, component) : stored_members(result);
    list += '}';
  }
  return list + "]";
}

}  // namespace

std::vector<message_result> collect_results(const produce_request& request, const produce_plan& plan,
                                            const std::vector<item_outcome>& outcomes,
                                            const db::topic_row& topic, std::int64_t now_ms) {
  std::vector<message_result> results(request.messages.size());
  for (std::size_t i = 0; i < results.size(); ++i) results[i].problem = plan.problems[i];
  const bool append_time = stamps_append_time(topic);
  for (std::size_t p = 0; p < plan.partitions.size(); ++p) {
    const planned_partition& planned = plan.partitions[p];
    for (std::size_t b = 0; b < planned.batches.size(); ++b) {
      const batch_outcome& batch = outcomes[p].batches[b];
      for (std::size_t m = 0; m < planned.batches[b].messages.size(); ++m) {
        const message_outcome& outcome = batch.messages[m];
        const std::size_t place = planned.batches[b].messages[m];
        message_result& result = results[place];
        result.partition = planned.partition.value();
        result.problem = outcome.problem;
        if (outcome.problem) {
          result.broker = batch.broker;
          continue;
        }
        result.offset = outcome.offset;
        const produce_message& message = request.messages[place];
        result.duplicate = is_duplicate(message, outcome, append_time, now_ms);
        result.timestamp_ms = timestamp_of(message, outcome, batch, append_time, now_ms);
      }
    }
  }
  return results;
}

net::http_response make_produce_answer(produce_request::form shape,
                                       const std::vector<message_result>& results, const db::topic_row& topic,
                                       const std::string& component) {
  const std::string durability = is_relaxed(topic) ? ",\"durability\":\"relaxed\"" : "";
  if (shape == produce_request::form::one) {
    if (results.front().problem) return net::to_response(error_of(results.front(), component));
    return net::json_response("{\"status\":\"success\"," + stored_members(results.front()) + durability +
                              "}");
  }
  const auto failed =
      std::ranges::count_if(results, [](const message_result& each) { return each.problem.has_value(); });
  const std::string list = results_member(results, component);
  if (failed == 0) {
    const bool all_old = std::ranges::all_of(results, &message_result::duplicate);
    return net::json_response("{\"status\":\"success\"," + list + (all_old ? ",\"duplicate\":true" : "") +
                              durability + "}");
  }
  if (failed < static_cast<std::ptrdiff_t>(results.size()))
    return net::json_response("{\"status\":\"partial\"," + list + durability + "}");
  const auto worst =
      std::ranges::max_element(results, {}, [](const message_result& each) { return each.problem->status; });
  net::api_error problem = error_of(*worst, component);
  // One message that may still be stored is enough for the whole request not to be known.
  if (std::ranges::any_of(results, [](const message_result& each) { return each.problem->outcome_unknown; }))
    problem.outcome = net::api_outcome::unknown;
  net::http_response response = net::to_response(problem);
  response.body = "{" + net::to_json_members(problem) + "," + list + "}";
  return response;
}

std::string server_timing(std::int64_t manager_us, const produce_timings& timings) {
  std::string text;
  text.reserve(96);
  const auto put = [&](std::string_view name, std::int64_t us) {
    us = std::max<std::int64_t>(0, us);
    fmt::format_to(std::back_inserter(text), "{}{};dur={}.{:03}", text.empty() ? "" : ", ", name, us / 1000,
                   us % 1000);
  };
  put("manager", manager_us);
  put("append", timings.append_us);
  put("fsync", timings.fsync_us);
  put("commit", timings.commit_us);
  return text;
}

}  // namespace marquee::write_manager
