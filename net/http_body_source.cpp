// How an http_connection sends a body that is made while it is sent.

#include "net/http_body_source.h"

#include <fmt/format.h>

#include <array>
#include <exception>

#include "base/logging.h"
#include "net/http_connection.h"
#include "net/http_writer.h"

namespace marquee::net {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace

task<bool> http_connection::write_streamed(http_response& response, const http_exchange& exchange,
                                           bool http_1_1) {
  const std::shared_ptr<http_body_source> source = std::move(response.source);
  const auto within = [this] { return deadline::in_ms(server_->options.write_timeout_ms); };
  const std::string header = write_response_header(response, {.http_1_1 = http_1_1,
                                                              .keep_alive = false,
                                                              .request_id = exchange.request_id,
                                                              .with_length = false,
                                                              .chunked = http_1_1});
  if (const auto written = co_await stream_.write(as_bytes(header), within()); !written) co_return false;
  if (exchange.request.method == "HEAD") co_return true;

  std::stop_source ended;
  const auto end = [&ended] { ended.request_stop(); };
  const std::stop_callback on_stop(server_->stopping.get_token(), end);
  const std::stop_callback on_gone(client_gone_token(), end);
  // Without a probe nothing but the body is written; one that has finished sending counts as gone soon.
  input_->watch_end("");
  bool whole = false;
  try {
    while (!client_gone_token().stop_requested()) {
      const std::optional<std::string> piece = co_await source->next(ended.get_token());
      if (!piece) {
        whole = !client_gone_token().stop_requested();
        break;
      }
      if (piece->empty()) continue;
      const std::string size = http_1_1 ? fmt::format("{:x}\r\n", piece->size()) : std::string();
      const std::array<bytes_view, 3> parts{as_bytes(size), as_bytes(*piece),
                                            http_1_1 ? as_bytes(line_end) : bytes_view()};
      if (const auto written = co_await stream_.write(parts, within()); !written) break;
    }
  } catch (const body_broken_off& e) {
    log_info("net", "request {} ({}): its answer was cut: {}", exchange.request_id,
             escape_for_log(exchange.request.path), escape_for_log(e.what()));
  } catch (const std::exception& e) {
    log_error("net", "request {} ({}): an exception left the source of its body: {}", exchange.request_id,
              escape_for_log(exchange.request.path), escape_for_log(e.what()));
  }
  input_->watch_end_no_more();
  if (whole && http_1_1) whole = (co_await stream_.write(as_bytes(last_chunk), within())).has_value();
  co_return whole;
}

}  // namespace marquee::net
