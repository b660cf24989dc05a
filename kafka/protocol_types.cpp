#include "kafka/protocol_types.h"

#include <array>

namespace marquee::kafka {

namespace {

struct error_facts {
  kafka_error code;
  std::string_view name;
  bool retriable;
  bool refreshes_metadata;
};

constexpr bool yes = true;
constexpr bool no = false;

constexpr error_facts known_errors[] = {
    {kafka_error::unknown_server_error, "UNKNOWN_SERVER_ERROR", no, no},
    {kafka_error::none, "NONE", no, no},
    {kafka_error::offset_out_of_range, "OFFSET_OUT_OF_RANGE", no, no},
    {kafka_error::corrupt_message, "CORRUPT_MESSAGE", yes, no},
    {kafka_error::unknown_topic_or_partition, "UNKNOWN_TOPIC_OR_PARTITION", yes, yes},
    {kafka_error::leader_not_available, "LEADER_NOT_AVAILABLE", yes, yes},
    {kafka_error::not_leader_or_follower, "NOT_LEADER_OR_FOLLOWER", yes, yes},
    {kafka_error::request_timed_out, "REQUEST_TIMED_OUT", yes, no},
    {kafka_error::message_too_large, "MESSAGE_TOO_LARGE", no, no},
    {kafka_error::coordinator_load_in_progress, "COORDINATOR_LOAD_IN_PROGRESS", yes, no},
    {kafka_error::coordinator_not_available, "COORDINATOR_NOT_AVAILABLE", yes, yes},
    {kafka_error::not_coordinator, "NOT_COORDINATOR", yes, yes},
    {kafka_error::invalid_topic_exception, "INVALID_TOPIC_EXCEPTION", no, no},
    {kafka_error::record_list_too_large, "RECORD_LIST_TOO_LARGE", no, no},
    {kafka_error::not_enough_replicas, "NOT_ENOUGH_REPLICAS", yes, no},
    {kafka_error::not_enough_replicas_after_append, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", yes, no},
    {kafka_error::invalid_required_acks, "INVALID_REQUIRED_ACKS", no, no},
    {kafka_error::illegal_generation, "ILLEGAL_GENERATION", no, no},
    {kafka_error::inconsistent_group_protocol, "INCONSISTENT_GROUP_PROTOCOL", no, no},
    {kafka_error::invalid_group_id, "INVALID_GROUP_ID", no, no},
    {kafka_error::unknown_member_id, "UNKNOWN_MEMBER_ID", no, no},
    {kafka_error::invalid_session_timeout, "INVALID_SESSION_TIMEOUT", no, no},
    {kafka_error::rebalance_in_progress, "REBALANCE_IN_PROGRESS", no, no},
    {kafka_error::topic_authorization_failed, "TOPIC_AUTHORIZATION_FAILED", no, no},
    {kafka_error::group_authorization_failed, "GROUP_AUTHORIZATION_FAILED", no, no},
    {kafka_error::cluster_authorization_failed, "CLUSTER_AUTHORIZATION_FAILED", no, no},
    {kafka_error::invalid_timestamp, "INVALID_TIMESTAMP", no, no},
    {kafka_error::unsupported_sasl_mechanism, "UNSUPPORTED_SASL_MECHANISM", no, no},
    {kafka_error::illegal_sasl_state, "ILLEGAL_SASL_STATE", no, no},
    {kafka_error::unsupported_version, "UNSUPPORTED_VERSION", no, no},
    {kafka_error::topic_already_exists, "TOPIC_ALREADY_EXISTS", no, no},
    {kafka_error::invalid_partitions, "INVALID_PARTITIONS", no, no},
    {kafka_error::invalid_replication_factor, "INVALID_REPLICATION_FACTOR", no, no},
    {kafka_error::invalid_replica_assignment, "INVALID_REPLICA_ASSIGNMENT", no, no},
    {kafka_error::invalid_config, "INVALID_CONFIG", no, no},
    {kafka_error::not_controller, "NOT_CONTROLLER", yes, no},
    {kafka_error::invalid_request, "INVALID_REQUEST", no, no},
    {kafka_error::policy_violation, "POLICY_VIOLATION", no, no},
    {kafka_error::out_of_order_sequence_number, "OUT_OF_ORDER_SEQUENCE_NUMBER", no, no},
    {kafka_error::duplicate_sequence_number, "DUPLICATE_SEQUENCE_NUMBER", no, no},
    {kafka_error::invalid_producer_epoch, "INVALID_PRODUCER_EPOCH", no, no},
    {kafka_error::invalid_txn_state, "INVALID_TXN_STATE", no, no},
    {kafka_error::kafka_storage_error, "KAFKA_STORAGE_ERROR", yes, yes},
    {kafka_error::sasl_authentication_failed, "SASL_AUTHENTICATION_FAILED", no, no},
    {kafka_error::unknown_producer_id, "UNKNOWN_PRODUCER_ID", no, no},
    {kafka_error::non_empty_group, "NON_EMPTY_GROUP", no, no},
    {kafka_error::group_id_not_found, "GROUP_ID_NOT_FOUND", no, no},
    {kafka_error::fenced_leader_epoch, "FENCED_LEADER_EPOCH", yes, yes},
    {kafka_error::unknown_leader_epoch, "UNKNOWN_LEADER_EPOCH", yes, no},
    {kafka_error::unsupported_compression_type, "UNSUPPORTED_COMPRESSION_TYPE", no, no},
    {kafka_error::offset_not_available, "OFFSET_NOT_AVAILABLE", yes, no},
    {kafka_error::member_id_required, "MEMBER_ID_REQUIRED", no, no},
    {kafka_error::fenced_instance_id, "FENCED_INSTANCE_ID", no, no},
    {kafka_error::invalid_record, "INVALID_RECORD", no, no},
    {kafka_error::producer_fenced, "PRODUCER_FENCED", no, no},
    {kafka_error::unknown_topic_id, "UNKNOWN_TOPIC_ID", yes, yes},
    {kafka_error::inconsistent_topic_id, "INCONSISTENT_TOPIC_ID", yes, yes},
    {kafka_error::transaction_abortable, "TRANSACTION_ABORTABLE", no, no},
    {kafka_error::rebootstrap_required, "REBOOTSTRAP_REQUIRED", no, no},
};

const error_facts* find_error(kafka_error code) {
  for (const error_facts& facts : known_errors)
    if (facts.code == code) return &facts;
  return nullptr;
}

constexpr std::array<api_support, 14> apis = {{
    {api_key::produce, 3, 11, 9, 0},
    {api_key::fetch, 4, 12, 12, 4},
    {api_key::list_offsets, 1, 7, 6, 1},
    {api_key::metadata, 0, 12, 9, 0},
    {api_key::offset_commit, 8, 9, 8, -1},
    {api_key::offset_fetch, 8, 9, 6, -1},
    {api_key::find_coordinator, 0, 4, 3, 0},
    {api_key::api_versions, 0, 4, 3, 0},
    {api_key::create_topics, 2, 7, 5, 2},
    {api_key::delete_topics, 1, 6, 4, 1},
    {api_key::init_producer_id, 0, 5, 2, 0},
    {api_key::offset_for_leader_epoch, 2, 4, 4, 2},
    {api_key::describe_configs, 1, 4, 4, 1},
    {api_key::describe_cluster, 0, 1, 0, 0},
}};

}  // namespace

std::string_view name_of(kafka_error code) {
  const error_facts* facts = find_error(code);
  return facts == nullptr ? "UNKNOWN_CODE" : facts->name;
}

bool is_retriable(kafka_error code) {
  const error_facts* facts = find_error(code);
  return facts != nullptr && facts->retriable;
}

bool asks_for_metadata_refresh(kafka_error code) {
  const error_facts* facts = find_error(code);
  return facts != nullptr && facts->refreshes_metadata;
}

std::span<const api_support> supported_apis() {
  return apis;
}

std::optional<api_support> find_api(std::int16_t key) {
  for (const api_support& api : apis)
    if (static_cast<std::int16_t>(api.key) == key) return api;
  return std::nullopt;
}

}  // namespace marquee::kafka
