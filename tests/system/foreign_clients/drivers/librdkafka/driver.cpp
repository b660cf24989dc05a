// The contract of drivers (README.md of the folder) on Debian's librdkafka, through its C interface.

#include "driver.h"

#include <iostream>
#include <string_view>
#include <utility>

using nlohmann::json;

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void say(const json& line) {
  std::cout << line.dump() << std::endl;
}

std::string bytes_of(const std::string& text) {
  std::string made;
  unsigned bits = 0;
  int count = 0;
  for (const char one : text) {
    const auto value = alphabet.find(one);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count >= 8) made.push_back(static_cast<char>(bits >> (count -= 8) & 0xff));
  }
  return made;
}

json text_of(const void* data, std::size_t size) {
  if (data == nullptr) return nullptr;
  const auto* bytes = static_cast<const unsigned char*>(data);
  std::string made;
  for (std::size_t at = 0; at < size; at += 3) {
    const unsigned second = at + 1 < size ? bytes[at + 1] : 0;
    const unsigned third = at + 2 < size ? bytes[at + 2] : 0;
    const unsigned bits = static_cast<unsigned>(bytes[at]) << 16 | second << 8 | third;
    made.push_back(alphabet[bits >> 18]);
    made.push_back(alphabet[bits >> 12 & 63]);
    made.push_back(at + 1 < size ? alphabet[bits >> 6 & 63] : '=');
    made.push_back(at + 2 < size ? alphabet[bits & 63] : '=');
  }
  return made;
}

client::client(rd_kafka_type_t type, const json& job,
               const std::vector<std::pair<std::string, std::string>>& options,
               void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*)) {
  char problem[512];
  rd_kafka_conf_t* made = rd_kafka_conf_new();
  const auto set = [&](const std::string& name, const std::string& value) {
    if (rd_kafka_conf_set(made, name.c_str(), value.c_str(), problem, sizeof problem) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(problem);
  };
  set("bootstrap.servers", job.at("brokers"));
  for (const auto& [name, value] : options) set(name, value);
  for (const auto& [name, value] : job.value("options", json::object()).items()) set(name, value);
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(made, delivered);
  handle_ = rd_kafka_new(type, made, problem, sizeof problem);
  if (handle_ == nullptr) throw std::runtime_error(problem);
}

client::~client() {
  rd_kafka_destroy(handle_);
}

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      const json job = json::parse(line);
      const std::string kind = job.at("do");
      if (kind == "produce")
        produce(job);
      else if (kind == "consume")
        consume(job);
      else
        administer(job);
      say({{"done", true}});
    } catch (const client_failure& failure) {
      say({{"done", false}, {"error", failure.what()}, {"code", static_cast<int>(failure.code)}});
    } catch (const std::exception& failure) {
      say({{"done", false}, {"error", failure.what()}, {"code", -1}});
    }
  }
}
