#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

#include "base/base64.h"
#include "base/bytes.h"
#include "booking_app/machine/json_writer.h"
#include "cli/booking/answer_text.h"
#include "cli/booking/booking_command.h"
#include "cli/booking/value_text.h"

namespace marquee::cli {

namespace {

using booking::json_writer;

struct lock_arguments {
  std::string name;
  std::int64_t token = 0;
  std::string ttl;
  std::string max_wait;
  bool no_wait = false;
  bool abort = false;
  std::string target;
  std::string text;
  std::string reason;
};

/// A duration into a field, if it was given; false if it is none.
bool write_duration(const booking_arguments& arguments, json_writer& body, const char* name,
                    const std::string& text) {
  if (text.empty()) return true;
  const auto duration = parse_duration_ms(text);
  if (!duration) {
    (void)report_booking_usage(arguments, duration.error().message);
    return false;
  }
  body.field(name, *duration);
  return true;
}

/// Asks until the lock is granted, refused or the deadline has passed: the same key each time keeps the
/// place, and each time renews the session, so no ask lasts longer than a third of its lease.
exit_code run_acquire(const booking_arguments& arguments, const lock_arguments& asked) {
  constexpr std::int64_t longest_ask_ms = 4'000;
  json_writer body;
  body.open_object();
  if (!write_duration(arguments, body, "max_wait_ms", asked.max_wait) ||
      !write_duration(arguments, body, "ttl_ms", asked.ttl))
    return to_exit_code(booking_exit::usage);
  body.field("wait", !asked.no_wait).close_object();
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  booking_request request{.method = "POST", .target = {}, .body = body.take()};
  if (!arguments.key.empty()) request.idempotency_key = arguments.key;
  if (arguments.seq > 0) request.seq = arguments.seq;
  if (arguments.ack_below > 0) request.ack_below = arguments.ack_below;
  const std::int64_t started_ms = client->connection().now_ms();
  std::int64_t ask_ms = 1'000;
  bool told = false;
  while (true) {
    const std::int64_t left_ms = arguments.context.deadline_ms - (client->connection().now_ms() - started_ms);
    request.target = path_of("locks", asked.name, "acquire") +
                     fmt::format("?wait_ms={}", std::max<std::int64_t>(std::min(ask_ms, left_ms), 0));
    request.extra_wait_ms = ask_ms;
    const auto outcome = client->command(request, session_use::required);
    if (!outcome || outcome->code != "WAITING")
      return print_outcome(arguments, outcome, answer_text, &request);
    if (const auto live = client->live_session(); live && *live)
      ask_ms = std::clamp<std::int64_t>((*live)->lease_ms / 3, 100, longest_ask_ms);
    if (!told && !arguments.context.json) fmt::print(stderr, "marquee: {}\n", answer_text(outcome->body));
    told = true;
    if (left_ms > ask_ms && client->connection().pause(1)) continue;
    (void)print_outcome(arguments, outcome, answer_text, &request);
    fmt::print(stderr,
               "marquee: not granted; the place is kept while the session lives: ask again with --key {}\n",
               request.idempotency_key.value_or(""));
    return to_exit_code(booking_exit::unavailable);
  }
}

exit_code run_with_token(const booking_arguments& arguments, const lock_arguments& asked,
                         const std::string& action, json_writer& body) {
  body.field("token", asked.token);
  if (action == "renew" && !write_duration(arguments, body, "ttl_ms", asked.ttl))
    return to_exit_code(booking_exit::usage);
  return run_booking_command(
      arguments,
      {.method = "POST", .target = path_of("locks", asked.name, action), .body = body.close_object().take()},
      session_use::required);
}

exit_code run_append(const booking_arguments& arguments, const lock_arguments& asked) {
  json_writer body;
  body.open_object().field("data_b64", base64_encode(as_bytes(asked.text))).field("target", asked.target);
  return run_with_token(arguments, asked, "append", body);
}

exit_code run_release(const booking_arguments& arguments, const lock_arguments& asked) {
  json_writer body;
  body.open_object();
  if (asked.abort) body.field("commit", false);
  return run_with_token(arguments, asked, "release", body);
}

exit_code run_renew(const booking_arguments& arguments, const lock_arguments& asked) {
  json_writer body;
  body.open_object();
  return run_with_token(arguments, asked, "renew", body);
}

exit_code run_break(const booking_arguments& arguments, const lock_arguments& asked) {
  return run_booking_command(
      arguments,
      {.method = "POST",
       .target = path_of("locks", asked.name, "break"),
       .body = json_writer().open_object().field("reason", asked.reason).close_object().take()},
      session_use::required, default_client::administrator);
}

exit_code run_show(const booking_arguments& arguments, const lock_arguments& asked) {
  return run_booking_read(arguments, path_of("locks", asked.name), lock_text);
}

/// The file's bytes as they are, without a newline behind them.
exit_code run_cat(const booking_arguments& arguments, const lock_arguments& asked) {
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  const auto outcome = client->read(read_target(arguments, path_of("lockfiles", asked.target)));
  if (!outcome || !outcome->is_success) return print_outcome(arguments, outcome, answer_text);
  std::fwrite(outcome->body.data(), 1, outcome->body.size(), stdout);
  return to_exit_code(booking_exit::success);
}

}  // namespace

void add_lock_commands(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<lock_arguments>();
  CLI::App* lock = app.add_subcommand("lock", "locks, and what is written under them");
  lock->require_subcommand(1);
  const auto add_task = [&](const std::string& name, const std::string& what,
                            exit_code (*run)(const booking_arguments&, const lock_arguments&)) {
    CLI::App* command = add_booking_task(*lock, arguments, name, what,
                                         [&arguments, asked, run] { return run(arguments, *asked); });
    command->add_option("name", asked->name, "such as hall-1")->required();
    return command;
  };
  CLI::App* acquire = add_task("acquire", "take a lock, waiting for it in turn", run_acquire);
  acquire->add_option("--ttl", asked->ttl, "how long it is held unless it is renewed, such as 8s");
  acquire->add_option("--max-wait", asked->max_wait, "give the place up after so long, such as 30s");
  acquire->add_flag("--no-wait", asked->no_wait, "refuse at once if somebody holds it");
  const auto with_token = [&asked](CLI::App* command) {
    command->add_option("--token", asked->token, "as 'acquire' printed it")->required();
    return command;
  };
  CLI::App* append =
      with_token(add_task("append", "write to a lock file when the lock is released", run_append));
  append->add_option("target", asked->target, "the lock file, such as notes.txt")->required();
  append->add_option("text", asked->text, "what is appended")->required();
  with_token(add_task("renew", "hold it longer", run_renew))
      ->add_option("--ttl", asked->ttl, "from now, such as 8s");
  with_token(add_task("release", "give it back, and write what was appended", run_release))
      ->add_flag("--abort", asked->abort, "write nothing");
  add_task("show", "who holds it and who waits", run_show);
  add_task("break", "take it from its holder (administrators)", run_break)
      ->add_option("--reason", asked->reason, "why")
      ->required();

  CLI::App* file = app.add_subcommand("lockfile", "what was written under locks");
  file->require_subcommand(1);
  add_booking_task(*file, arguments, "cat", "print a lock file",
                   [&arguments, asked] { return run_cat(arguments, *asked); })
      ->add_option("target", asked->target, "such as notes.txt")
      ->required();
}

}  // namespace marquee::cli
