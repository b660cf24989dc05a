#include "broker/request_dispatcher.h"

#include <utility>

#include "kafka/api/api_versions.h"

namespace marquee::broker {

using kafka::api_key;

namespace {

/// The way of every request but Produce and ApiVersions.
template <class Request, class Handler>
net::task<result<request_reply>> serve(kafka::request_header header, kafka::wire_reader& in, Handler& handler,
                                       request_context context) {
  auto request = Request::decode(header.version, in);
  if (!request) co_return fail(request);
  const auto response = co_await handler.handle(std::move(*request), std::move(context));
  co_return request_reply(kafka::response_frame(response, header.version, header.correlation_id));
}

}  // namespace

request_dispatcher::request_dispatcher(net::event_loop& loop, broker_services& services)
    : produce_(services),
      fetch_(services),
      list_offsets_(services),
      metadata_(loop, services),
      positions_(services),
      producer_ids_(services),
      topics_(services),
      leader_epochs_(services),
      configs_(services),
      cluster_(services) {}

net::task<result<request_reply>> request_dispatcher::answer(shared_bytes frame, request_context context) {
  kafka::wire_reader in(std::move(frame));
  const auto header = kafka::request_header::decode(in);
  if (!header) co_return fail(header);
  if (const auto served = header->check(); !served) co_return fail(served);
  context.version = header->version;
  switch (static_cast<api_key>(header->key)) {
    case api_key::produce:
      co_return co_await answer_produce(*header, in, std::move(context));
    case api_key::fetch:
      co_return co_await serve<kafka::fetch_request>(*header, in, fetch_, std::move(context));
    case api_key::list_offsets:
      co_return co_await serve<kafka::list_offsets_request>(*header, in, list_offsets_, std::move(context));
    case api_key::metadata:
      co_return co_await serve<kafka::metadata_request>(*header, in, metadata_, std::move(context));
    case api_key::offset_commit:
      co_return co_await serve<kafka::offset_commit_request>(*header, in, positions_, std::move(context));
    case api_key::offset_fetch:
      co_return co_await serve<kafka::offset_fetch_request>(*header, in, positions_, std::move(context));
    case api_key::find_coordinator:
      co_return co_await serve<kafka::find_coordinator_request>(*header, in, positions_, std::move(context));
    case api_key::api_versions:
      co_return answer_api_versions(*header);
    case api_key::create_topics:
      co_return co_await serve<kafka::create_topics_request>(*header, in, topics_, std::move(context));
    case api_key::delete_topics:
      co_return co_await serve<kafka::delete_topics_request>(*header, in, topics_, std::move(context));
    case api_key::init_producer_id:
      co_return co_await serve<kafka::init_producer_id_request>(*header, in, producer_ids_,
                                                                std::move(context));
    case api_key::offset_for_leader_epoch:
      co_return co_await serve<kafka::offset_for_leader_epoch_request>(*header, in, leader_epochs_,
                                                                       std::move(context));
    case api_key::describe_configs:
      co_return co_await serve<kafka::describe_configs_request>(*header, in, configs_, std::move(context));
    case api_key::describe_cluster:
      co_return co_await serve<kafka::describe_cluster_request>(*header, in, cluster_, std::move(context));
  }
  co_return fail(error_code::unsupported, "API " + std::to_string(header->key) + " is not served");
}

net::task<result<request_reply>> request_dispatcher::answer_produce(const kafka::request_header& header,
                                                                    kafka::wire_reader& in,
                                                                    request_context context) {
  auto request = kafka::produce_request::decode(header.version, in);
  if (!request) co_return fail(request);
  const bool silent = request->acks == 0;
  const auto response = co_await produce_.handle(std::move(*request), std::move(context));
  if (!silent)
    co_return request_reply(kafka::response_frame(response, header.version, header.correlation_id));
  // Nobody listens for the error of an acks=0 request; closing makes the client look again.
  for (const auto& topic : response.topics)
    for (const auto& partition : topic.partitions)
      if (partition.error != kafka::kafka_error::none)
        co_return fail(error_code::refused,
                       "a Produce with acks=0 failed: " + std::string(kafka::name_of(partition.error)));
  co_return request_reply();
}

result<request_reply> request_dispatcher::answer_api_versions(const kafka::request_header& header) {
  const auto response = kafka::api_versions_response::for_version(header.version);
  const std::int16_t version = kafka::api_versions_response::answer_version(header.version);
  return request_reply(kafka::response_frame(response, version, header.correlation_id));
}

}  // namespace marquee::broker
