#include "all_messages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "kafka/api/api_versions.h"
#include "kafka/api/create_topics.h"
#include "kafka/api/delete_topics.h"
#include "kafka/api/describe_cluster.h"
#include "kafka/api/describe_configs.h"
#include "kafka/api/fetch.h"
#include "kafka/api/find_coordinator.h"
#include "kafka/api/init_producer_id.h"
#include "kafka/api/list_offsets.h"
#include "kafka/api/metadata.h"
#include "kafka/api/offset_commit.h"
#include "kafka/api/offset_fetch.h"
#include "kafka/api/offset_for_leader_epoch.h"
#include "kafka/api/produce.h"

namespace marquee::kafka {

namespace {

template <class Message>
message_kind kind_of(std::string name, bool is_request) {
  return {std::move(name),
          is_request,
          Message::key,
          Message::min_version,
          Message::max_version,
          [](std::int16_t version, shared_bytes body) -> result<bytes> {
            wire_reader in(std::move(body));
            result<Message> message = Message::decode(version, in);
            if (!message) return fail(message);
            wire_writer out;
            message->encode(version, out);
            const shared_bytes encoded = out.finish().joined();
            return bytes(encoded.data(), encoded.data() + encoded.size());
          }};
}

template <class Request>
void add(std::vector<message_kind>& all, const std::string& name) {
  all.push_back(kind_of<Request>(name, true));
  all.push_back(kind_of<typename Request::response>(name, false));
}

}  // namespace

const std::vector<message_kind>& all_messages() {
  static const std::vector<message_kind> all = [] {
    std::vector<message_kind> made;
    add<produce_request>(made, "produce");
    add<fetch_request>(made, "fetch");
    add<list_offsets_request>(made, "list_offsets");
    add<metadata_request>(made, "metadata");
    add<offset_commit_request>(made, "offset_commit");
    add<offset_fetch_request>(made, "offset_fetch");
    add<find_coordinator_request>(made, "find_coordinator");
    add<api_versions_request>(made, "api_versions");
    add<create_topics_request>(made, "create_topics");
    add<delete_topics_request>(made, "delete_topics");
    add<init_producer_id_request>(made, "init_producer_id");
    add<offset_for_leader_epoch_request>(made, "offset_for_leader_epoch");
    add<describe_configs_request>(made, "describe_configs");
    add<describe_cluster_request>(made, "describe_cluster");
    return made;
  }();
  return all;
}

const message_kind* find_message(const std::string& name, bool is_request) {
  for (const message_kind& kind : all_messages())
    if (kind.name == name && kind.is_request == is_request) return &kind;
  return nullptr;
}

std::vector<capture> load_captures() {
  std::vector<capture> all;
  for (const auto& item : std::filesystem::directory_iterator(MARQUEE_KAFKA_CAPTURES)) {
    const std::string file = item.path().filename().string();
    if (!file.ends_with(".hex")) continue;
    capture one;
    one.file = file;
    one.is_request = file.ends_with(".request.hex");
    // <client>-<api>-v<version>.<kind>.hex
    const std::size_t version_at = file.rfind("-v");
    const std::size_t api_at = file.rfind('-', version_at - 1) + 1;
    one.api = file.substr(api_at, version_at - api_at);
    one.version = static_cast<std::int16_t>(std::stoi(file.substr(version_at + 2)));
    std::ifstream in(item.path());
    std::string digits;
    for (std::string line; in >> line;) digits += line;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
      one.frame.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    all.push_back(std::move(one));
  }
  std::ranges::sort(all, {}, &capture::file);
  return all;
}

}  // namespace marquee::kafka
