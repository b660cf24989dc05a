// Sends one record after the other over the Kafka protocol, 4 ms apart, again until each is acknowledged, and
// prints the time of every acknowledgement in ns since 1970. Ends when its input ends. What peer_load's probe
// is for others.
//
//   kafka_probe BROKERS TOPIC ATTEMPT_MS

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace {

constexpr auto between_records = std::chrono::milliseconds(4);
constexpr int retry_pause_ms = 5;

struct client_closer {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct topic_closer {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using topic_handle = std::unique_ptr<rd_kafka_topic_t, topic_closer>;
using client_handle = std::unique_ptr<rd_kafka_t, client_closer>;

/// Retries are short and never given up; the library asks for the new leader by itself. Numbered records
/// (idempotence) are stored once however often they are sent.
client_handle make_producer(const std::string& brokers, const std::string& attempt_ms,
                            void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*), void* opaque) {
  const std::map<std::string, std::string> settings = {
      {"bootstrap.servers", brokers},
      {"acks", "all"},
      {"enable.idempotence", "true"},
      {"linger.ms", "0"},
      {"message.timeout.ms", "0"},
      {"request.timeout.ms", attempt_ms},
      {"socket.timeout.ms", attempt_ms},
      {"retry.backoff.ms", std::to_string(retry_pause_ms)},
      {"reconnect.backoff.ms", std::to_string(retry_pause_ms)},
      {"reconnect.backoff.max.ms", "20"},
      {"topic.metadata.refresh.fast.interval.ms", "10"},
      {"socket.nagle.disable", "true"},
      {"log_level", "2"},
  };
  rd_kafka_conf_t* configuration = rd_kafka_conf_new();
  char problem[512] = "";
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), problem, sizeof problem) !=
        RD_KAFKA_CONF_OK) {
      std::cerr << "kafka_probe: " << problem << "\n";
      rd_kafka_conf_destroy(configuration);
      return nullptr;
    }
  rd_kafka_conf_set_dr_msg_cb(configuration, delivered);
  rd_kafka_conf_set_opaque(configuration, opaque);
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, problem, sizeof problem);
  if (client == nullptr) {
    std::cerr << "kafka_probe: " << problem << "\n";
    rd_kafka_conf_destroy(configuration);
  }
  return client_handle(client);
}

enum class delivery { none, stored, failed };

void note_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  *static_cast<delivery*>(opaque) =
      message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? delivery::stored : delivery::failed;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    std::cerr << "kafka_probe: " << rd_kafka_err2str(message->err) << std::endl;
}

/// True once the record is acknowledged; false if the library gave it up or `ending` came first.
bool send_one(rd_kafka_t* client, rd_kafka_topic_t* topic, std::string& record, delivery& last,
              const std::atomic<bool>& ending) {
  last = delivery::none;
  if (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, record.data(), record.size(), nullptr, 0, nullptr) !=
      0) {
    std::cerr << "kafka_probe: " << rd_kafka_err2str(rd_kafka_last_error()) << std::endl;
    std::this_thread::sleep_for(std::chrono::milliseconds(retry_pause_ms));
    return false;
  }
  while (last == delivery::none && !ending) rd_kafka_poll(client, 10);
  return last == delivery::stored;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: kafka_probe BROKERS TOPIC ATTEMPT_MS\n";
    return 2;
  }
  delivery last = delivery::none;
  const client_handle client = make_producer(argv[1], argv[3], note_delivery, &last);
  if (!client) return 1;
  std::atomic<bool> ending = false;
  std::jthread input([&ending] {
    while (std::getchar() != EOF) {
    }
    ending = true;
  });
  std::string record(1024, 'r');
  const topic_handle topic(rd_kafka_topic_new(client.get(), argv[2], nullptr));
  while (!ending) {
    if (!send_one(client.get(), topic.get(), record, last, ending)) continue;
    std::cout << std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1)
              << std::endl;
    std::this_thread::sleep_for(between_records);
  }
  rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  return 0;
}
