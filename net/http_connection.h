#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/random.h"
#include "net/api_error.h"
#include "net/http_exchange.h"
#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/read_ahead.h"
#include "net/refusal_log.h"
#include "net/stream.h"

/// For the .cpp files of net/ only.
namespace marquee::net {

/// What the connections of one server share. On the server's loop, except `stopping`.
struct http_server_context {
  http_server_options options;
  http_handler handler;
  random_source random{system_seed()};
  std::int64_t body_bytes_in_flight = 0;
  std::stop_source stopping;
  refusal_log refusals;
  metric_counter* requests[6] = {};  ///< by hundreds of the status; [0] is unused
  metric_histogram* latency_us = nullptr;
};

/// One accepted connection: reads requests one after the other, has each answered, writes the answers in that
/// order. Owned by the coroutine that runs `run`, on the server's loop.
class http_connection : public std::enable_shared_from_this<http_connection> {
 public:
  http_connection(std::shared_ptr<http_server_context> server, stream connection);
  ~http_connection();

  /// Serves until the connection is closed by either side.
  [[nodiscard]] task<> run();
  /// Answers 503 and closes: for connections over the limit.
  [[nodiscard]] task<> refuse_for_overload();

  /// The server stops: an idle connection is closed now, a busy one after its answer.
  void begin_stop();
  /// Grace is over: whoever waits for this client's sake is woken.
  void give_up() { input_->request_end(); }

  [[nodiscard]] task<result<>> write_interim(int status);
  void show_life_every_ms(std::int64_t interval_ms);
  [[nodiscard]] std::stop_token client_gone_token() const { return input_->end_token(); }
  [[nodiscard]] bool stopping() const { return server_->stopping.stop_requested(); }

 private:
  enum class next_step : std::uint8_t { read_next, close };
  using request_parser = message_parser<true>;

  [[nodiscard]] task<next_step> serve_one();
  /// Reads until header or whole message are there. False: answered or closed, nothing more to do.
  [[nodiscard]] task<bool> read_until(request_parser& parser, bool whole, deadline end);
  /// Says "100 Continue" to a client that waits for it. False: another expectation, answered 417.
  [[nodiscard]] task<bool> meet_expectation(const request_parser& parser);
  [[nodiscard]] task<next_step> answer(request_parser& parser);
  [[nodiscard]] task<http_response> call_handler(http_exchange& exchange);
  [[nodiscard]] task<bool> write_response(const http_response& response, bool http_1_1, bool keep_alive,
                                          bool with_body, std::string_view request_id);
  /// With `response.source`. False: cut off before its end.
  [[nodiscard]] task<bool> write_streamed(http_response& response, const http_exchange& exchange,
                                          bool http_1_1);
  /// Answers with an error and lets the client read it before the connection goes.
  [[nodiscard]] task<> fail_and_close(api_error problem, std::string_view request_id = {});
  [[nodiscard]] task<> linger();
  void account_body(std::size_t size);
  void count(int status);
  void count(int status, std::int64_t elapsed_us);
  [[nodiscard]] std::string make_request_id();

  std::shared_ptr<http_server_context> server_;
  stream stream_;
  std::shared_ptr<read_ahead> input_;
  std::size_t body_accounted_ = 0;
  bool busy_ = false;
};

}  // namespace marquee::net
