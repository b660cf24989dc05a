#include "benchmarks/load/http_operation.h"

#include <charconv>

namespace marquee::load {

std::string post_header(const std::string& path, const std::string& host, std::size_t body_bytes,
                        const std::string& more_fields) {
  return "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n" +
         more_fields + "Content-Length: " + std::to_string(body_bytes) + "\r\n\r\n";
}

std::string json_request(const std::string& method, const std::string& path, const std::string& host,
                         const std::string& body) {
  if (method == "POST") return post_header(path, host, body.size()) + body;
  return method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}

std::string failure_of(const http_answer& answer) {
  const std::string_view code = text_member(answer.body, "code");
  return std::to_string(answer.status) + (code.empty() ? "" : " ") + std::string(code);
}

std::string_view text_member(std::string_view body, std::string_view name) {
  const std::string wanted = "\"" + std::string(name) + "\":\"";
  const std::size_t place = body.find(wanted);
  if (place == std::string_view::npos) return {};
  body.remove_prefix(place + wanted.size());
  return body.substr(0, body.find('"'));
}

std::int64_t leading_number(std::string_view text) {
  std::int64_t number = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? number : -1;
}

}  // namespace marquee::load
