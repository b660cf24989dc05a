#pragma once

#include <memory>
#include <string>

#include "broker/cluster_metadata.h"
#include "broker/produce_intake.h"
#include "kafka/api/produce.h"

namespace marquee::broker {

/// A partition's part of a Produce request after the checks that need no partition: an order, or why not.
struct checked_produce {
  std::shared_ptr<produce_order> order;
  kafka::kafka_error error = kafka::kafka_error::none;
  std::string message;
  std::vector<std::int32_t> record_indexes;
};

/// Batches of foreign clients: one, at most `max.message.bytes`. Those of our managers come with a tagged
/// field that says what each batch is; they may be larger by keys, headers and number.
/// `version` is that of the request.
[[nodiscard]] checked_produce check_produce(const kafka::produce_request::partition& asked,
                                            const topic_metadata& topic, std::int16_t version);

}  // namespace marquee::broker
