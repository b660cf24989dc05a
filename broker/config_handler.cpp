#include "broker/config_handler.h"

#include <algorithm>
#include <utility>

#include "broker/topic_config_table.h"
#include "kafka/topic_name.h"

namespace marquee::broker {

using kafka::config_source;
using kafka::config_type;
using kafka::kafka_error;

namespace {

using config = kafka::describe_configs_response::config;

config_type type_of(topic_config_key::kind kind) {
  switch (kind) {
    case topic_config_key::kind::integer:
      return config_type::integer64;
    case topic_config_key::kind::list:
      return config_type::list;
    case topic_config_key::kind::text:
      break;
  }
  return config_type::text;
}

config_type type_of(std::string_view schema_type) {
  if (schema_type == "integer") return config_type::integer64;
  if (schema_type == "flag") return config_type::flag;
  return schema_type == "text" ? config_type::text : config_type::list;
}

config make_config(std::string name, std::string value, config_source source) {
  config made;
  made.synonyms.push_back({name, value, source});
  made.name = std::move(name);
  made.value = std::move(value);
  made.source = source;
  return made;
}

config topic_config(const topic_metadata& topic, const topic_config_key& key) {
  std::string usual(key.default_value);
  if (key.name == "min.insync.replicas")
    usual =
        std::to_string(majority_of(topic.partitions.empty() ? 1 : topic.partitions.front().voters.size()));
  const auto set = topic.config.find(std::string(key.name));
  config made =
      set == topic.config.end()
          ? make_config(std::string(key.name), usual, config_source::default_value)
          : make_config(std::string(key.name), kafka_value(key.name, set->second), config_source::topic);
  if (made.source == config_source::topic)
    made.synonyms.push_back({made.name, usual, config_source::default_value});
  made.read_only = !key.can_change;
  made.type = type_of(key.what);
  made.documentation = std::string(key.meaning);
  return made;
}

/// What was not asked for goes.
void apply_wishes(const kafka::describe_configs_request& request,
                  const kafka::describe_configs_request::resource& asked, std::vector<config>& configs) {
  if (asked.keys)
    std::erase_if(configs, [&](const config& one) {
      return std::ranges::find(*asked.keys, one.name) == asked.keys->end();
    });
  for (config& one : configs) {
    if (!request.include_synonyms) one.synonyms.clear();
    if (!request.include_documentation) one.documentation.reset();
  }
}

}  // namespace

void config_handler::describe_topic(described& told) const {
  if (!kafka::is_topic_name(told.name)) {
    told.error = kafka_error::invalid_topic_exception;
    told.message = "this is no name of a topic";
    return;
  }
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const topic_metadata* topic = metadata->find(told.name);
  if (topic == nullptr) {
    told.error = kafka_error::unknown_topic_or_partition;
    told.message = "there is no such topic";
    return;
  }
  for (const topic_config_key& key : topic_config_keys()) told.configs.push_back(topic_config(*topic, key));
}

void config_handler::describe_broker(described& told) const {
  const std::string own = std::to_string(services_.self.broker.value());
  if (told.name.empty()) return;  // defaults of the whole cluster that were set at run time: there are none
  if (told.name != own) {
    told.error = kafka_error::invalid_request;
    told.message = "this is broker " + own + ": ask broker '" + told.name + "' itself";
    return;
  }
  for (const broker_setting& setting : services_.settings) {
    const bool set = setting.value != setting.default_value;
    config one = make_config(setting.name, setting.value,
                             set ? config_source::static_broker : config_source::default_value);
    if (set) one.synonyms.push_back({setting.name, setting.default_value, config_source::default_value});
    one.read_only = true;
    one.type = type_of(setting.type);
    one.documentation = setting.meaning;
    told.configs.push_back(std::move(one));
  }
  // What new topics get, under the names that Kafka's clients look for.
  for (const topic_config_key& key : topic_config_keys()) {
    if (key.default_value.empty()) continue;
    config one =
        make_config(std::string(key.name), std::string(key.default_value), config_source::default_value);
    one.read_only = true;
    one.type = type_of(key.what);
    one.documentation = "Default of topics: " + std::string(key.meaning);
    told.configs.push_back(std::move(one));
  }
}

net::task<kafka::describe_configs_response> config_handler::handle(kafka::describe_configs_request request,
                                                                   request_context context) const {
  (void)context;
  services_.metrics.other_requests.add();
  kafka::describe_configs_response response;
  for (auto& asked : request.resources) {
    described& told = response.results.emplace_back();
    told.type = asked.type;
    told.name = std::move(asked.name);
    switch (asked.type) {
      case kafka::config_resource::topic:
        describe_topic(told);
        break;
      case kafka::config_resource::broker:
        describe_broker(told);
        break;
      default:
        told.error = kafka_error::invalid_request;
        told.message = "only topics (2) and brokers (4) have configurations";
    }
    apply_wishes(request, asked, told.configs);
  }
  co_return response;
}

}  // namespace marquee::broker
