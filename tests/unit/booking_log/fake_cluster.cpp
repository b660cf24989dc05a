#include "tests/unit/booking_log/fake_cluster.h"

namespace marquee::booking {

using client::answer;
using client::answer_failure;
using std::chrono_literals::operator""s;

fake_cluster::fake_cluster() {
  server_.emplace([this](std::size_t, const client::seen_request& request, httplib::Response& out) {
    respond(request, out);
  });
}

fake_cluster::~fake_cluster() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  server_.reset();
}

void fake_cluster::add_topic(const std::string& name, std::int32_t partitions, const json& config) {
  const std::lock_guard lock(mutex_);
  topics_[name] = {.id = ++last_id_,
                   .config = config,
                   .partitions = std::vector<std::vector<stored>>(static_cast<std::size_t>(partitions))};
}

void fake_cluster::remove_topic(const std::string& name) {
  const std::lock_guard lock(mutex_);
  topics_.erase(name);
  consumers_.clear();
  changed_.notify_all();
}

void fake_cluster::append(const std::string& name, const std::string& value, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  auto& messages = topics_.at(name).partitions.at(static_cast<std::size_t>(partition));
  messages.push_back({messages.empty() ? 0 : messages.back().offset + 1, value});
  changed_.notify_all();
}

void fake_cluster::drop_first(const std::string& name, std::size_t count) {
  const std::lock_guard lock(mutex_);
  auto& messages = topics_.at(name).partitions.at(0);
  messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count));
}

void fake_cluster::forget_consumers() {
  const std::lock_guard lock(mutex_);
  consumers_.clear();
  changed_.notify_all();
}

void fake_cluster::forget_producers() {
  const std::lock_guard lock(mutex_);
  producers_.clear();
}

void fake_cluster::take_over(std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, one] : consumers_) one.next[0] = offset;
  changed_.notify_all();
}

void fake_cluster::lose_next_answer() {
  const std::lock_guard lock(mutex_);
  loses_answer_ = true;
}

fake_cluster::topic fake_cluster::topic_named(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return topics_.at(name);
}

bool fake_cluster::has_topic(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return topics_.contains(name);
}

std::size_t fake_cluster::requests(const std::string& target) {
  const std::lock_guard lock(mutex_);
  return requests_[target];
}

std::size_t fake_cluster::consumers() {
  const std::lock_guard lock(mutex_);
  return consumers_.size();
}

bool fake_cluster::wait_for_polls(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, 5s, [&] { return polls_ == count; });
}

bool fake_cluster::wait_for_requests(const std::string& target, std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, 5s, [&] { return requests_[target] >= count; });
}

void fake_cluster::respond(const client::seen_request& request, httplib::Response& out) {
  {
    const std::lock_guard lock(mutex_);
    ++requests_[request.target];
    changed_.notify_all();
  }
  const std::string& target = request.target;
  if (target == "/topics" && request.method == "POST") return create(request.body, out);
  if (target.starts_with("/topics/")) return describe(target.substr(8), out);
  if (target == "/producer/produce") return produce(request.body, out);
  if (target == "/consumer/register") return register_consumer(request.body, out);
  if (target == "/consumer/seek") return seek(request.body, out);
  if (target == "/consumer/consume") return consume(request.body, out);
  const std::lock_guard lock(mutex_);
  if (target == "/producer/register") {
    const std::string id = "p-" + std::to_string(++last_id_);
    producers_.insert(id);
    return answer(out, 201, {{"producer_id", id}});
  }
  const auto found = consumers_.find(target.substr(std::string("/consumer/").size()));
  if (found == consumers_.end()) return answer_failure(out, 404, "CONSUMER_NOT_FOUND", false, "definite");
  if (request.method == "DELETE") {
    consumers_.erase(found);
    changed_.notify_all();
    return answer(out, 200, json::object());
  }
  json positions = json::array();
  for (const auto& [partition, offset] : found->second.next)
    positions.push_back({{"partition", partition}, {"offset", offset}, {"lag", 0}});
  answer(out, 200, {{"consumer", {{"positions", positions}}}});
}

void fake_cluster::describe(const std::string& name, httplib::Response& out) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(name);
  if (found == topics_.end()) return answer_failure(out, 404, "TOPIC_NOT_FOUND", false, "definite");
  json partitions = json::array();
  for (std::size_t i = 0; i < found->second.partitions.size(); ++i) partitions.push_back({{"partition", i}});
  answer(out, 200,
         {{"topic",
           {{"topic_id", "t-" + std::to_string(found->second.id)},
            {"config", found->second.config},
            {"partitions", partitions}}}});
}

void fake_cluster::create(const json& body, httplib::Response& out) {
  const auto name = body["name"].get<std::string>();
  if (has_topic(name)) return answer_failure(out, 409, "TOPIC_EXISTS", false, "definite");
  add_topic(name, body["partitions"].get<std::int32_t>(), body.value("config", json::object()));
  answer(out, 201, json::object());
}

void fake_cluster::produce(const json& body, httplib::Response& out) {
  const std::lock_guard lock(mutex_);
  const auto id = body["producer_id"].get<std::string>();
  if (!producers_.contains(id)) return answer_failure(out, 404, "PRODUCER_NOT_FOUND", false, "definite");
  auto sequence = body["sequence"].get<std::int64_t>();
  json results = json::array();
  for (const json& one : body["messages"]) {
    json& earlier = sequences_[id][sequence++];
    if (earlier.is_null()) {
      const auto partition = one.value("partition", 0);
      auto& messages =
          topics_.at(body["topic"].get<std::string>()).partitions.at(static_cast<std::size_t>(partition));
      const std::int64_t offset = messages.empty() ? 0 : messages.back().offset + 1;
      messages.push_back({offset, one["message"].get<std::string>()});
      earlier = {{"partition", partition}, {"offset", offset}, {"timestamp", 1000 + offset}};
    }
    results.push_back(earlier);
  }
  changed_.notify_all();
  if (loses_answer_) {
    loses_answer_ = false;
    return answer_failure(out, 502, "MANAGER_GONE", true, "unknown");
  }
  answer(out, 200, {{"results", results}});
}

void fake_cluster::register_consumer(const json& body, httplib::Response& out) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(body["topic"].get<std::string>());
  if (found == topics_.end()) return answer_failure(out, 404, "TOPIC_NOT_FOUND", false, "definite");
  reader made{.topic = found->first, .next = {}};
  for (std::size_t i = 0; i < found->second.partitions.size(); ++i) {
    const auto& messages = found->second.partitions[i];
    const bool latest = body["from"] == "latest";
    const std::int64_t start = messages.empty() ? 0 : messages.front().offset;
    made.next[static_cast<std::int32_t>(i)] =
        latest && !messages.empty() ? messages.back().offset + 1 : start;
  }
  const std::string id = "c-" + std::to_string(++last_id_);
  consumers_[id] = made;
  answer(out, 201, {{"consumer_id", id}});
}

void fake_cluster::seek(const json& body, httplib::Response& out) {
  const std::lock_guard lock(mutex_);
  const auto found = consumers_.find(body["consumer_id"].get<std::string>());
  if (found == consumers_.end()) return answer_failure(out, 404, "CONSUMER_NOT_FOUND", false, "definite");
  for (const json& one : body["positions"]) {
    const auto partition = one["partition"].get<std::int32_t>();
    const auto offset = one["offset"].get<std::int64_t>();
    const auto& messages = topics_.at(found->second.topic).partitions.at(static_cast<std::size_t>(partition));
    if (offset > (messages.empty() ? 0 : messages.back().offset + 1) ||
        (!messages.empty() && offset < messages.front().offset))
      return answer_failure(out, 422, "INVALID_POSITION", false, "definite");
    found->second.next[partition] = offset;
  }
  answer(out, 200, json::object());
}

fake_cluster::json fake_cluster::take(reader& from, std::size_t most) {
  json messages = json::array();
  for (auto& [partition, next] : from.next)
    for (const stored& one : topics_.at(from.topic).partitions.at(static_cast<std::size_t>(partition))) {
      if (one.offset < next || messages.size() == most) continue;
      messages.push_back({{"message", one.value},
                          {"key", nullptr},
                          {"partition", partition},
                          {"offset", one.offset},
                          {"timestamp", 1000 + one.offset}});
      next = one.offset + 1;
    }
  return messages;
}

void fake_cluster::consume(const json& body, httplib::Response& out) {
  std::unique_lock lock(mutex_);
  const auto id = body["consumer_id"].get<std::string>();
  json messages = json::array();
  const auto gone_or_ready = [&] {
    const auto found = consumers_.find(id);
    if (stopping_ || found == consumers_.end()) return true;
    messages = take(found->second, body["max"].get<std::size_t>());
    return !messages.empty();
  };
  ++polls_;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::milliseconds(body["wait_ms"].get<std::int64_t>()), gone_or_ready);
  --polls_;
  changed_.notify_all();
  if (!consumers_.contains(id)) return answer_failure(out, 404, "CONSUMER_NOT_FOUND", false, "definite");
  answer(out, 200, {{"messages", messages}});
}

}  // namespace marquee::booking
