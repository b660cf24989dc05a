#include "broker/replica_lookup.h"

#include <utility>

#include "net/api_error.h"

namespace marquee::broker {

namespace {
constexpr std::int64_t largest_partition = 1 << 20;
}  // namespace

asked_partition read_asked_partition(net::json_body& body) {
  asked_partition asked;
  asked.topic = body.text("topic");
  asked.partition = static_cast<std::int32_t>(body.integer("partition", 0, largest_partition));
  return asked;
}

std::optional<uuid> find_topic_id(const broker_services& services, const std::string& topic) {
  if (const auto id = uuid::parse(topic)) return id;
  const metadata_snapshot metadata = services.catalog.snapshot();
  const topic_metadata* found = metadata->find(std::string_view(topic));
  return found == nullptr || found->deleted ? std::nullopt : std::optional(found->topic_id);
}

replica_pointer find_replica(const broker_services& services, const asked_partition& asked) {
  const auto topic_id = find_topic_id(services, asked.topic);
  return topic_id ? services.host.find({*topic_id, partition_id(asked.partition)}) : replica_pointer();
}

net::http_response refusal(const std::string& component, int status, std::string code, std::string message) {
  net::api_error error;
  error.status = status;
  error.code = std::move(code);
  error.message = std::move(message);
  error.component = component;
  return net::to_response(error);
}

net::http_response no_replica(const std::string& component, const asked_partition& asked) {
  return refusal(component, 404, "NO_REPLICA", "this broker has no replica of " + asked.text());
}

net::http_response not_leader(const broker_services& services, const std::string& component,
                              const asked_partition& asked, std::optional<broker_id> leader) {
  net::api_error error;
  error.status = 409;
  error.code = "NOT_LEADER";
  error.component = component;
  error.retriable = true;
  error.message = "this broker does not lead " + asked.text() + "; " +
                  (leader ? "broker " + std::to_string(leader->value()) + " does"
                          : "no leader is known here, an election may be under way");
  std::string where = "null";
  const metadata_snapshot metadata = services.catalog.snapshot();
  if (const auto known = leader ? metadata->brokers.find(*leader) : metadata->brokers.end();
      known != metadata->brokers.end())
    where = net::json_quote(net::to_string(net::endpoint{known->second.host, known->second.http_port}));
  return net::json_response("{" + net::to_json_members(error) +
                                ",\"leader\":" + (leader ? std::to_string(leader->value()) : "null") +
                                ",\"leader_http\":" + where + "}",
                            error.status);
}

net::http_response no_answer(const std::string& component) {
  return net::to_response(
      net::unavailable(component, "NO_ANSWER", "the partition's thread does not answer; ask again"));
}

}  // namespace marquee::broker
