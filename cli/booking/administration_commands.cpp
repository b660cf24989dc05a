#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "booking_app/machine/json_writer.h"
#include "cli/booking/answer_text.h"
#include "cli/booking/booking_command.h"
#include "cli/booking/seat_choice.h"
#include "cli/booking/show_arguments.h"
#include "cli/json_text.h"

namespace marquee::cli {

namespace {

using booking::json_writer;
using nlohmann::json;

struct administration_arguments {
  show_arguments show;
  std::string on_booked = "reject";
  std::string replica;
  std::string mode;
  std::int64_t count = 1;
  std::string key;
  std::string value;
  std::string reason;
  std::vector<std::string> seats;
};

exit_code send(const booking_arguments& arguments, const std::string& method, const std::string& target,
               std::string body) {
  return run_booking_command(arguments, {.method = method, .target = target, .body = std::move(body)},
                             session_use::none, default_client::administrator);
}

exit_code run_show_add(const booking_arguments& arguments, const administration_arguments& asked) {
  const auto body = asked.show.addition_json();
  if (!body) return report_booking_usage(arguments, body.error().message);
  return send(arguments, "POST", "/v1/shows", *body);
}

exit_code run_show_update(const booking_arguments& arguments, const administration_arguments& asked) {
  const auto body = asked.show.change_json();
  if (!body) return report_booking_usage(arguments, body.error().message);
  return send(arguments, "PATCH", path_of("shows", asked.show.id), *body);
}

exit_code run_show_remove(const booking_arguments& arguments, const administration_arguments& asked) {
  return send(arguments, "DELETE", path_of("shows", asked.show.id) + "?on_booked=" + asked.on_booked, "");
}

exit_code run_replicas(const booking_arguments& arguments, const administration_arguments&) {
  return run_booking_read(arguments, "/v1/cluster", replicas_text, default_client::administrator);
}

exit_code run_replace(const booking_arguments& arguments, const administration_arguments& asked) {
  return send(arguments, "POST", path_of("admin/replicas", asked.replica, "replace"), "{}");
}

exit_code run_snapshot(const booking_arguments& arguments, const administration_arguments& asked) {
  return send(arguments, "POST", path_of("admin/replicas", asked.replica, "snapshot"), "{}");
}

exit_code run_fault(const booking_arguments& arguments, const administration_arguments& asked) {
  json_writer body;
  body.open_object().field("count", asked.count).field("mode", asked.mode).field("replica", asked.replica);
  return send(arguments, "POST", "/v1/admin/fault", body.close_object().take());
}

/// The value is JSON where it reads as such (a number, a list), else text.
exit_code run_config_set(const booking_arguments& arguments, const administration_arguments& asked) {
  const json parsed = json::parse(asked.value, nullptr, /*allow_exceptions=*/false);
  const json value = parsed.is_discarded() ? json(asked.value) : parsed;
  return send(arguments, "PUT", path_of("admin/config", asked.key), dump({{"value", value}}));
}

exit_code run_block(const booking_arguments& arguments, const administration_arguments& asked,
                    const std::string& action) {
  json_writer body;
  body.open_object().field("reason", asked.reason);
  write_words(body, "seats", asked.seats);
  return send(arguments, "POST", path_of("shows", asked.show.id, action), body.close_object().take());
}

using administration_run = exit_code (*)(const booking_arguments&, const administration_arguments&);

}  // namespace

void add_booking_administration(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<administration_arguments>();
  const auto add_task = [&](CLI::App& parent, const std::string& name, const std::string& what,
                            administration_run run) {
    return add_booking_task(parent, arguments, name, what,
                            [&arguments, asked, run] { return run(arguments, *asked); });
  };
  CLI::App* admin =
      app.add_subcommand("admin", "for administrators; the client is 'admin' unless --client says otherwise");
  admin->require_subcommand(1);

  CLI::App* show = admin->add_subcommand("show", "add, change and remove shows");
  show->require_subcommand(1);
  asked->show.describe_addition(*add_task(*show, "add", "add a show", run_show_add));
  asked->show.describe_change(
      *add_task(*show, "update", "more rows, close or open it, other prices", run_show_update));
  CLI::App* remove = add_task(*show, "remove", "remove a show", run_show_remove);
  remove->add_option("show", asked->show.id, "such as S1")->required();
  remove
      ->add_option("--on-booked", asked->on_booked, "what becomes of bookings: reject, cancel or rebook_next")
      ->check(CLI::IsMember({"reject", "cancel", "rebook_next"}))
      ->capture_default_str();

  add_task(*admin, "replicas", "the replicas: state, offset, strikes, digest", run_replicas);
  const auto of_replica = [&asked](CLI::App* command) {
    command->add_option("replica", asked->replica, "r1 to r4")->required();
    return command;
  };
  of_replica(
      add_task(*admin, "replace", "retire a replica; a new one is built from an empty disk", run_replace));
  of_replica(add_task(*admin, "snapshot", "have a replica write a snapshot", run_snapshot));
  CLI::App* fault = of_replica(add_task(*admin, "fault", "inject a fault (test builds)", run_fault));
  fault->add_option("mode", asked->mode, "wrong_reply, corrupt_state, slow or crash")->required();
  fault->add_option("count", asked->count, "for so many replies")->check(CLI::PositiveNumber);

  CLI::App* config = admin->add_subcommand("config", "limits and defaults of the state machine");
  config->require_subcommand(1);
  CLI::App* set = add_task(*config, "set", "set one; it counts for later commands", run_config_set);
  set->add_option("key", asked->key, "such as hold_ms")->required();
  set->add_option("value", asked->value, "JSON, such as 60000 or [\"admin\",\"bob\"]")->required();

  for (const std::string action : {"block", "unblock"}) {
    CLI::App* command =
        add_booking_task(app, arguments, action,
                         action == "block" ? "take seats out of sale (administrators)"
                                           : "put blocked seats on sale again (administrators)",
                         [&arguments, asked, action] { return run_block(arguments, *asked, action); });
    command->add_option("show", asked->show.id, "such as S1")->required();
    command->add_option("seats", asked->seats, "such as 1A 1B")->required();
    command->add_option("--reason", asked->reason, "why")->required();
  }
}

}  // namespace marquee::cli
