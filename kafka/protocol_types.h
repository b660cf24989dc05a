#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace marquee::kafka {

/// Which request it is: the first field of every request header.
enum class api_key : std::int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  offset_commit = 8,
  offset_fetch = 9,
  find_coordinator = 10,
  api_versions = 18,
  create_topics = 19,
  delete_topics = 20,
  init_producer_id = 22,
  offset_for_leader_epoch = 23,
  describe_configs = 32,
  describe_cluster = 60,
};

/// Codes of the protocol, as they stand in answers (kafka-protocol.md section 5 says when each one is sent).
enum class kafka_error : std::int16_t {
  unknown_server_error = -1,
  none = 0,
  offset_out_of_range = 1,
  corrupt_message = 2,
  unknown_topic_or_partition = 3,
  leader_not_available = 5,
  not_leader_or_follower = 6,
  request_timed_out = 7,
  message_too_large = 10,
  coordinator_load_in_progress = 14,
  coordinator_not_available = 15,
  not_coordinator = 16,
  invalid_topic_exception = 17,
  record_list_too_large = 18,
  not_enough_replicas = 19,
  not_enough_replicas_after_append = 20,
  invalid_required_acks = 21,
  illegal_generation = 22,
  inconsistent_group_protocol = 23,
  invalid_group_id = 24,
  unknown_member_id = 25,
  invalid_session_timeout = 26,
  rebalance_in_progress = 27,
  topic_authorization_failed = 29,
  group_authorization_failed = 30,
  cluster_authorization_failed = 31,
  invalid_timestamp = 32,
  unsupported_sasl_mechanism = 33,
  illegal_sasl_state = 34,
  unsupported_version = 35,
  topic_already_exists = 36,
  invalid_partitions = 37,
  invalid_replication_factor = 38,
  invalid_replica_assignment = 39,
  invalid_config = 40,
  not_controller = 41,
  invalid_request = 42,
  policy_violation = 44,
  out_of_order_sequence_number = 45,
  duplicate_sequence_number = 46,
  invalid_producer_epoch = 47,
  invalid_txn_state = 48,
  kafka_storage_error = 56,
  sasl_authentication_failed = 58,
  unknown_producer_id = 59,
  non_empty_group = 68,
  group_id_not_found = 69,
  fenced_leader_epoch = 74,
  unknown_leader_epoch = 75,
  unsupported_compression_type = 76,
  offset_not_available = 78,
  member_id_required = 79,
  fenced_instance_id = 82,
  invalid_record = 87,
  producer_fenced = 90,
  unknown_topic_id = 100,
  inconsistent_topic_id = 103,
  transaction_abortable = 120,
  rebootstrap_required = 129,
};

/// The name that Kafka's documents use, such as "NOT_LEADER_OR_FOLLOWER"; "UNKNOWN_CODE" for a number we do
/// not know.
[[nodiscard]] std::string_view name_of(kafka_error code);
/// A client may send the same request again after this answer.
[[nodiscard]] bool is_retriable(kafka_error code);
/// The client's picture of topics and leaders is out of date: refresh it before trying again.
[[nodiscard]] bool asks_for_metadata_refresh(kafka_error code);

/// Which versions of an API a Marquee broker speaks.
struct api_support {
  api_key key;
  std::int16_t min_version;             ///< lowest that is served
  std::int16_t max_version;             ///< highest that is served
  std::int16_t first_flexible_version;  ///< from here on: compact lengths and tagged fields
  /// Lowest that is advertised; below `min_version` only to satisfy librdkafka's feature map (rule A of
  /// kafka-protocol.md). -1: served for our own managers, not advertised.
  std::int16_t advertised_min_version;
};

/// All APIs that are served, by ascending key.
[[nodiscard]] std::span<const api_support> supported_apis();
/// Empty for a key that is not served.
[[nodiscard]] std::optional<api_support> find_api(std::int16_t key);

}  // namespace marquee::kafka
