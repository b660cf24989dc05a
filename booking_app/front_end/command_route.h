#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/front_end/front_end_context.h"
#include "booking_app/front_end/request_fields.h"
#include "booking_app/machine/command_decoder.h"
#include "net/http_router.h"

namespace marquee::booking {

/// A part of the path and the field of the command's body that it becomes.
struct path_field {
  std::string_view parameter;
  std::string_view field;
};

/// A route that is one command.
struct command_route {
  std::string method;
  std::string pattern;
  std::string type;
  std::vector<path_field> path = {};
  bool takes_seats = false;          ///< `?seats=1A,1B` instead of `seats` in the body
  std::string_view query_text = {};  ///< a query field that becomes the body's field of the same name
  bool needs_session = false;
};

/// Makes commands of requests and judges their form, by the same decoder as the state machine, so that what
/// is no command never gets into the log. On the front end's loop.
class command_form {
 public:
  explicit command_form(std::string component) : component_(std::move(component)) {}

  /// The command that the request stands for. Errors: 400, 401, 413 PAYLOAD_TOO_LARGE, 415.
  [[nodiscard]] form_result<command_draft> read(const net::http_exchange& exchange,
                                                const command_route& route);
  /// Whether it would be a command once it is on the log.
  [[nodiscard]] std::optional<net::api_error> check(const command_draft& command);

 private:
  [[nodiscard]] form_result<std::string> read_body(const net::http_exchange& exchange,
                                                   const command_route& route) const;

  std::string component_;
  command_decoder decoder_;
};

/// Adds routes that share one form.
void add_command_routes(net::http_router& router, front_end_context& context,
                        std::vector<command_route> routes);

}  // namespace marquee::booking
