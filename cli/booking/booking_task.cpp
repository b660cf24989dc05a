#include "cli/booking/booking_task.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/logging.h"
#include "booking_app/machine/json_writer.h"
#include "cli/booking/answer_text.h"
#include "cli/booking/value_text.h"
#include "cli/interruption.h"
#include "cli/json_text.h"
#include "client/api_connection.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

constexpr std::uint64_t cluster_file_limit_bytes = 4 << 20;

booking_silence session_over() {
  return {"SESSION_EXPIRED", "session expired"};
}

/// The front ends that cluster.json names; none if there is no such file.
std::vector<std::string> read_front_ends(const std::string& path) {
  std::vector<std::string> found;
  const auto content = read_file(system_file_system(), path, cluster_file_limit_bytes);
  if (!content) return found;
  const json cluster = json::parse(as_text(*content), nullptr, /*allow_exceptions=*/false);
  const json processes = cluster.is_object() ? cluster.value("processes", json::array()) : json::array();
  for (const json& process : processes)
    if (process.is_object() && process.value("role", json()) == json("booking_front_end") &&
        process.value("http", json()).is_string())
      found.push_back(process["http"].get<std::string>());
  return found;
}

std::string client_of(const booking_arguments& arguments, default_client fallback) {
  if (!arguments.client_id.empty()) return arguments.client_id;
  if (fallback == default_client::administrator) return "admin";
  const char* user = std::getenv("USER");
  return user != nullptr && *user != '\0' ? user : "guest";
}

void print_line(std::FILE* target, const std::string& text) {
  fmt::print(target, "{}{}", text, text.ends_with('\n') ? "" : "\n");
}

exit_code print_silence(const booking_arguments& arguments, const booking_silence& silence,
                        const booking_request* asked) {
  const std::string key = asked != nullptr && asked->idempotency_key ? *asked->idempotency_key : "";
  if (arguments.context.json) {
    json shown = {{"status", "failure"},
                  {"code", silence.code},
                  {"message", silence.message},
                  {"outcome", silence.may_have_happened ? "unknown" : "definite"}};
    if (!key.empty()) shown["idempotency_key"] = key;
    print_line(stderr, dump(shown));
  } else if (silence.code == "SESSION_EXPIRED") {
    print_line(stderr, "session expired");
    print_line(
        stderr,
        "marquee: its holds, locks and places are gone; bookings stay. The next command goes without it");
  } else {
    print_line(stderr, fmt::format("marquee: {} ({})", escape_for_log(silence.message, 4096), silence.code));
    if (silence.may_have_happened)
      print_line(stderr,
                 "marquee: outcome unknown: it may have been done" +
                     (key.empty() ? std::string() : "; --key " + key + " asks again without doing it twice"));
    else
      print_line(stderr, "marquee: nothing was done");
  }
  return to_exit_code(silence.code == "CANCELLED" ? booking_exit::interrupted : booking_exit::unavailable);
}

}  // namespace

booking_outcome booking_client::read(const std::string& target) {
  return connection_.call({.target = target});
}

booking_outcome booking_client::command(booking_request& request, session_use use) {
  if (!request.idempotency_key && !request.seq) request.idempotency_key = make_idempotency_key();
  if (use == session_use::none) return connection_.call(request);
  auto live = live_session();
  if (!live) return std::unexpected(live.error());
  const bool wants_one = use == session_use::required || wanted_.lease_ms || wanted_.grace_ms;
  if (!*live && wants_one) {
    const auto opened = open_session(std::nullopt);
    if (!opened || !opened->is_success) return opened;
    live = live_session();
    if (!live) return std::unexpected(live.error());
  }
  if (*live) request.session_id = (*live)->session_id;
  auto answer = connection_.call(request);
  if (!answer || !*live) return answer;
  // Whatever the answer is, a command in a live session has renewed it.
  if (answer->code == "SESSION_EXPIRED" || answer->code == "NO_SUCH_SESSION")
    forget_session();
  else
    keep(**live);
  return answer;
}

booking_outcome booking_client::open_session(const std::optional<std::string>& resume) {
  booking::json_writer body;
  body.open_object();
  if (wanted_.grace_ms) body.field("grace_ms", *wanted_.grace_ms);
  if (wanted_.lease_ms) body.field("lease_ms", *wanted_.lease_ms);
  if (resume) body.field("resume", *resume);
  booking_request request{.method = "POST", .target = "/v1/sessions", .body = body.close_object().take()};
  request.idempotency_key = make_idempotency_key();
  auto answer = connection_.call(request);
  if (!answer || !answer->is_success) return answer;
  const json opened = json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  kept_session session{.client_id = connection_.options().client_id,
                       .session_id = opened.value("session_id", std::string()),
                       .lease_ms = opened.value("lease_ms", std::int64_t{12'000}),
                       .grace_ms = opened.value("grace_ms", std::int64_t{45'000}),
                       .renewed = {}};
  keep(std::move(session));
  return answer;
}

booking_outcome booking_client::keep_alive(const booking_request& request, const kept_session& session) {
  auto answer = connection_.call(request);
  if (!answer) return answer;
  if (answer->is_success)
    keep(session);
  else
    forget_session();
  return answer;
}

void booking_client::keep(kept_session session) {
  const std::int64_t ago_ms = (system_clock().monotonic_us() - connection_.answered_attempt_sent_us()) / 1000;
  session.renewed = kept_moment::now().before_ms(ago_ms);
  if (const auto saved = store_.save(session); !saved)
    fmt::print(stderr, "marquee: the session is not kept for the next command: {}\n", saved.error().message);
}

std::expected<std::optional<kept_session>, booking_silence> booking_client::live_session() {
  auto kept = store_.load(connection_.options().client_id);
  if (!kept || !kept->is_over(kept_moment::now())) return kept;
  forget_session();
  return std::unexpected(session_over());
}

std::expected<booking_client, exit_code> make_booking_client(const booking_arguments& arguments,
                                                             default_client fallback) {
  const auto usage = [&](const std::string& message) {
    return std::unexpected(report_booking_usage(arguments, message));
  };
  booking_connection_options options;
  options.client_id = client_of(arguments, fallback);
  options.deadline_ms = arguments.context.deadline_ms;
  options.is_cancelled = [] { return is_interrupted(); };
  options.faults = arguments.context.faults;
  std::vector<std::string> servers = arguments.servers;
  if (servers.empty()) servers = read_front_ends(arguments.context.state_dir + "/cluster.json");
  if (servers.empty()) servers = {"127.0.0.1:8301", "127.0.0.1:8302"};
  for (const std::string& text : servers) {
    const auto server = parse_booking_server(text);
    if (!server) return usage(server.error().message);
    options.servers.push_back(*server);
  }
  if (std::ranges::any_of(options.client_id, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return usage("a client id has no control characters");
  if (!arguments.key.empty() && arguments.seq > 0) return usage("give --key or --seq, not both");
  booking_client::leases wanted;
  for (const auto& [text, target] :
       {std::pair(&arguments.lease, &wanted.lease_ms), std::pair(&arguments.grace, &wanted.grace_ms)}) {
    if (text->empty()) continue;
    const auto duration = parse_duration_ms(*text);
    if (!duration) return usage(duration.error().message);
    *target = *duration;
  }
  watch_for_interruption();
  booking_client client(std::move(options), session_store(session_store::default_folder()));
  client.set_leases(wanted);
  return client;
}

exit_code print_outcome(const booking_arguments& arguments, const booking_outcome& outcome,
                        const booking_view& show, const booking_request* asked) {
  if (!outcome) return print_silence(arguments, outcome.error(), asked);
  if (arguments.context.json)
    print_line(stdout, outcome->body);
  else if (outcome->is_success)
    print_line(stdout, show(outcome->body));
  else
    print_line(stderr, "marquee: " + refusal_text(outcome->status, outcome->body));
  if (outcome->is_success) return to_exit_code(booking_exit::success);
  const bool is_malformed = outcome->status == 400 && outcome->code == "BAD_REQUEST";
  return to_exit_code(is_malformed ? booking_exit::usage : booking_exit::refused);
}

exit_code run_booking_command(const booking_arguments& arguments, booking_request request, session_use use,
                              default_client fallback) {
  auto client = make_booking_client(arguments, fallback);
  if (!client) return client.error();
  if (!arguments.key.empty()) request.idempotency_key = arguments.key;
  if (arguments.seq > 0) request.seq = arguments.seq;
  if (arguments.ack_below > 0) request.ack_below = arguments.ack_below;
  if (!arguments.lock.empty()) request.lock = arguments.lock;
  const auto outcome = client->command(request, use);
  return print_outcome(arguments, outcome, answer_text, &request);
}

std::string read_target(const booking_arguments& arguments, const std::string& target) {
  std::string whole = target;
  const auto add = [&whole](const std::string& field) {
    whole += (whole.find('?') == std::string::npos ? "?" : "&") + field;
  };
  if (arguments.min_offset >= 0) add(fmt::format("min_offset={}", arguments.min_offset));
  if (arguments.linearizable) add("consistency=linearizable");
  return whole;
}

exit_code run_booking_read(const booking_arguments& arguments, const std::string& target,
                           const booking_view& show, default_client fallback) {
  auto client = make_booking_client(arguments, fallback);
  if (!client) return client.error();
  return print_outcome(arguments, client->read(read_target(arguments, target)), show);
}

exit_code report_booking_usage(const booking_arguments& arguments, const std::string& message) {
  (void)report_usage(arguments.context, message);
  return to_exit_code(booking_exit::usage);
}

CLI::App* add_booking_task(CLI::App& parent, booking_arguments& arguments, const std::string& name,
                           const std::string& what, std::function<exit_code()> run) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->fallthrough();
  command->callback([&arguments, run = std::move(run)] { arguments.context.action = run; });
  return command;
}

std::string path_of(const std::string& kind, const std::string& id, const std::string& action) {
  return "/v1/" + kind + "/" + client::percent_encode(id) + (action.empty() ? "" : "/" + action);
}

}  // namespace marquee::cli
