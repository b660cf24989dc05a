#pragma once

#include <librdkafka/rdkafka.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// A refusal with the protocol's number of the error.
struct client_failure : std::runtime_error {
  client_failure(rd_kafka_resp_err_t code, const std::string& text) : std::runtime_error(text), code(code) {}
  rd_kafka_resp_err_t code;
};

void say(const nlohmann::json& line);
/// The bytes of a base64 text.
std::string bytes_of(const std::string& text);
/// Base64 of the bytes, or null.
nlohmann::json text_of(const void* data, std::size_t size);

/// A client of librdkafka's C interface with the job's options set; closed when it goes.
class client {
 public:
  client(rd_kafka_type_t type, const nlohmann::json& job,
         const std::vector<std::pair<std::string, std::string>>& options,
         void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  [[nodiscard]] rd_kafka_t* get() const { return handle_; }

 private:
  rd_kafka_t* handle_;
};

void produce(const nlohmann::json& job);
void consume(const nlohmann::json& job);
void administer(const nlohmann::json& job);
