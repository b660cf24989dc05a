#include "booking_app/front_end/front_end.h"

#include <cstdlib>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/logging.h"
#include "booking_app/front_end/audit_route.h"
#include "booking_app/front_end/cluster_routes.h"
#include "booking_app/front_end/command_record.h"
#include "booking_app/front_end/front_end_context.h"
#include "booking_app/front_end/keep_alive_batch.h"
#include "booking_app/front_end/log_connection.h"
#include "booking_app/front_end/log_submission.h"
#include "booking_app/front_end/observer.h"
#include "booking_app/front_end/page_routes.h"
#include "booking_app/front_end/publishing.h"
#include "booking_app/front_end/read_routes.h"
#include "booking_app/front_end/record_followers.h"
#include "booking_app/front_end/routes.h"
#include "booking_app/front_end/session_events.h"
#include "booking_app/front_end/status_rounds.h"
#include "booking_app/front_end/stream_route.h"
#include "booking_app/front_end/tick_policy.h"
#include "booking_app/front_end/vote_desk.h"
#include "booking_app/log/snapshot_store.h"
#include "net/process_host.h"

namespace marquee::booking {
namespace {

constexpr std::int64_t look_every_ms = 100;
constexpr std::int64_t try_again_ms = 1'000;
/// A snapshot takes the loop for a while: it waits for a quiet moment, up to so many times the usual
/// distance.
constexpr std::int64_t longest_delay = 10;

/// What this process would go on to tell is wrong: nothing is better.
[[noreturn]] void end_process(const std::string& why) {
  log_error("booking_front_end",
            "this front end ends: {}; it can be started again, and begins from its "
            "snapshot or, if data_dir is emptied, from the log",
            why);
  flush_log();
  std::_Exit(1);
}

std::string front_end_record(const front_end_options& options, std::string type, std::string body) {
  command_draft record;
  record.type = std::move(type);
  record.client_id = "_" + options.reply_to();
  record.body = std::move(body);
  return record_text(record, options.reply_to());
}

}  // namespace

struct front_end::state {
  state(const front_end_options& with, std::unique_ptr<net::process_host> made,
        std::map<std::string, net::endpoint> addresses, snapshot_store&& store,
        std::unique_ptr<record_followers> following)
      : options(with),
        host(std::move(made)),
        snapshots(std::move(store)),
        followers(std::move(following)),
        replicas(host->client(), std::move(addresses)),
        observed(followers->begin(snapshots.load()), time, end_process),
        saved_offset(observed.applied()),
        log(options, host->loop(), log_listeners(), host->metrics()),
        commands(
            {.reply_to = options.reply_to(),
             .give_up_ms = options.give_up_ms,
             .most_commands = static_cast<std::size_t>(options.most_commands)},
            [this](std::string record, std::function<void(append_result)> on_done) {
              return log.append(std::move(record), std::move(on_done));
            },
            time, host->metrics()),
        desk({.by = options.reply_to(),
              .replicas = replicas.names(),
              .silence_ms = options.silence_ms,
              .heartbeat_ms = options.heartbeat_ms},
             desk_listeners(), time, host->metrics()),
        rounds(host->loop(), {.heartbeat_every_ms = std::min<std::int64_t>(500, options.heartbeat_ms / 4)},
               replicas, observed, desk, [this] { return commands.awaits_votes(); }),
        keep_alives(host->loop(), {.client_id = "_" + options.reply_to()}, commands, time),
        ticks(options.tick_ms, options.number),
        context{options,  host->loop(),    host->client(),
                observed, *followers,      commands,
                replicas, desk.ledger(),   [this](const ledger_entry& entry) { log.write(entry); },
                time,     host->metrics(), [this] { return has_caught_up(); }} {
    observed.on_applied([this](const record& what, const outcome& result) {
      commands.on_applied(result);
      events.on_applied(result);
      followers->note(what, result);
    });
  }

  log_connection::listeners log_listeners() {
    return {.on_records =
                [this](std::vector<logged_message> messages) {
                  ticks.on_record(time.monotonic_ms());
                  observed.take(std::move(messages));
                  log.set_waiting_bytes(observed.waiting_bytes());
                  rounds.wake();
                },
            .on_votes = [this](const std::vector<vote>& votes) { desk.on_votes(votes); },
            .on_entries = [this](const std::vector<ledger_entry>& entries) { desk.on_entries(entries); },
            .on_broken = end_process};
  }

  vote_desk::listeners desk_listeners() {
    return {.on_decided = [this](const vote& agreed) { commands.on_decided(agreed); },
            .on_hopeless = [this](const answer_id& answer) { commands.on_hopeless(answer); },
            .on_confirmed = [this](std::int64_t offset,
                                   const std::string& digest) { observed.confirm(offset, digest); },
            .write = [this](const ledger_entry& entry) { log.write(entry); }};
  }

  void add_routes() {
    net::http_router& router = host->router();
    add_session_routes(router, context);
    add_keep_alive_route(router, context, keep_alives, events);
    add_show_admin_routes(router, context);
    add_seat_routes(router, context);
    add_booking_routes(router, context);
    add_waiting_routes(router, context);
    add_lock_routes(router, context);
    add_admin_routes(router, context);
    add_read_routes(router, context);
    add_stream_routes(router, context);
    add_audit_routes(router, context);
    add_cluster_routes(router, context);
    add_page_routes(router);
  }

  [[nodiscard]] result<> ready() const {
    if (const std::string missing = log.missing(); !missing.empty())
      return fail(error_code::unavailable, missing);
    if (!announced_at || observed.applied() < *announced_at)
      return fail(error_code::unavailable,
                  "no majority of the replicas has confirmed the log up to here yet; applied " +
                      std::to_string(observed.applied()) + " of " + std::to_string(observed.consumed()));
    return {};
  }

  /// Before that it would tell of a state that its clients may have left behind long ago.
  [[nodiscard]] bool has_caught_up() {
    caught_up = caught_up || (announced_at && observed.applied() >= *announced_at);
    return caught_up;
  }

  /// Writes down that this front end is there: so the log has a record that replicas can agree on, and the
  /// whole path was gone once before clients come.
  net::task<> announce() {
    while (!stopping.stop_requested() && !announced_at) {
      if (log.missing().empty() && !std::exchange(announcing, true) &&
          !log.append(front_end_record(options, "sm.version", R"({"version":1})"),
                      [this](append_result stored) {
                        announcing = false;
                        if (stored.stored) announced_at = stored.offset;
                      }))
        announcing = false;
      co_await net::sleep_ms(look_every_ms);
    }
    if (announced_at) log_info("booking_front_end", "announced at offset {}", *announced_at);
  }

  net::task<> tick() {
    while (!stopping.stop_requested()) {
      const bool pending = announced_at && observed.next_deadline_ms().has_value();
      const std::int64_t wait_ms = ticks.wait_ms(pending, time.monotonic_ms());
      if (wait_ms > 0) {
        co_await net::sleep_ms(wait_ms);
        continue;
      }
      ticks.on_sent();
      if (!log.append(front_end_record(options, "tick", "{}"), [this](append_result stored) {
            ticks.on_ended();
            if (stored.stored) ticks.on_record(time.monotonic_ms());
          })) {
        ticks.on_ended();
        co_await net::sleep_ms(try_again_ms);
      }
    }
  }

  net::task<> look_after() {
    while (!stopping.stop_requested()) {
      desk.on_time(log.reads_votes());
      commands.use_observed_answers();
      log.set_waiting_bytes(observed.waiting_bytes());
      save_now_and_then();
      co_await net::sleep_ms(look_every_ms);
    }
  }

  void save_now_and_then() {
    const std::int64_t since = observed.applied() - saved_offset;
    if (saving || since < options.snapshot_records) return;
    if (commands.under_way() > 0 && since < options.snapshot_records * longest_delay) return;
    saving = true;
    saved_offset = observed.applied();
    disk.post([this, bytes = observed.snapshot(), next = saved_offset + 1] {
      save(bytes, next);
      host->loop().post([this] { saving = false; });
    });
  }
  void save(const std::string& bytes, std::int64_t next_offset) {
    if (const result<> saved = snapshots.save(bytes, next_offset); !saved)
      log_warning("booking_front_end", "no snapshot at offset {}: {}; a restart takes longer", next_offset,
                  saved.error().message);
  }

  const front_end_options options;
  system_clock time;
  std::unique_ptr<net::process_host> host;
  snapshot_store snapshots;
  std::unique_ptr<record_followers> followers;
  replica_client replicas;
  observer observed;
  std::int64_t saved_offset;
  session_events events;
  log_connection log;
  log_submission commands;
  vote_desk desk;
  status_rounds rounds;
  keep_alive_batch keep_alives;
  tick_policy ticks;
  front_end_context context;
  std::optional<publishing> published;
  std::stop_source stopping;
  std::optional<std::int64_t> announced_at;
  bool announcing = false;
  bool caught_up = false;
  bool saving = false;
  bool stopped = false;
  net::event_loop disk{"fe-snapshots"};
};

front_end::front_end(std::unique_ptr<state> state) : state_(std::move(state)) {}
front_end::~front_end() {
  stop();
}

result<std::unique_ptr<front_end>> front_end::make(const front_end_options& options) {
  if (options.number < 1 || options.number > reply_partitions)
    return fail(error_code::invalid_argument, "front_end.number must be 1 to 16: there are no replies for " +
                                                  std::to_string(options.number));
  auto replicas = parse_replicas(options.replicas);
  if (!replicas) return fail(replicas);
  if (options.data_dir.empty()) return fail(error_code::invalid_argument, "data_dir is not set");
  auto snapshots = snapshot_store::open(options.data_dir);
  if (!snapshots) return fail(snapshots, "data_dir");
  auto host = net::process_host::make(options.process);
  if (!host) return fail(host);
  auto followers = record_followers::open((*host)->loop(), options.data_dir);
  if (!followers) return fail(followers, "data_dir");
  return std::unique_ptr<front_end>(new front_end(std::make_unique<state>(
      options, std::move(*host), std::move(*replicas), std::move(*snapshots), std::move(*followers))));
}

result<> front_end::start() {
  state& self = *state_;
  self.add_routes();
  if (const result<> started = self.host->start([&self] { return self.ready(); }); !started) return started;
  self.published.emplace(self.context);
  self.log.start(self.observed.applied() + 1);
  net::event_loop& loop = self.host->loop();
  loop.spawn([&self] { return self.announce(); });
  loop.spawn([&self] { return self.tick(); });
  loop.spawn([&self] { return self.look_after(); });
  loop.spawn([&self] { return self.rounds.run(self.stopping.get_token()); });
  return {};
}

void front_end::stop() {
  if (std::exchange(state_->stopped, true)) return;
  state& self = *state_;
  self.host->announce_stop();
  self.host->loop().post([&self] {
    self.commands.end_long_polls();
    self.events.wake_all();
  });
  self.host->give_notice();
  self.stopping.request_stop();
  self.host->stop();
  self.log.stop();
  self.published.reset();
  self.disk.stop();
  // The loop has ended: its state is this thread's.
  if (self.observed.applied() > self.saved_offset && !self.observed.disagrees())
    self.save(self.observed.snapshot(), self.observed.applied() + 1);
}

}  // namespace marquee::booking
