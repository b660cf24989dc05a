#include "booking_app/supervisor/supervisor_process.h"

#include <unistd.h>

#include <climits>
#include <set>

#include "base/logging.h"
#include "booking_app/log/topic_writer.h"
#include "booking_app/machine/json_tree.h"
#include "booking_app/supervisor/supervision_loop.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_router.h"
#include "net/process_host.h"
#include "net/stop_signal.h"

namespace marquee::booking {
namespace {

constexpr const char* component = "booking.supervisor";
constexpr std::int64_t ask_ms = 1'000;

std::string own_program() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "/proc/self/exe";
}

/// Which incarnation of which replica an answer to GET /status comes from.
std::optional<std::int64_t> incarnation_in(const net::http_response& answer, const std::string& id) {
  json_parser parser;
  const result<json_value> parsed = parser.parse(as_bytes(answer.body));
  if (answer.status != 200 || !parsed || parsed->kind != json_value::type::object) return std::nullopt;
  const json_value* const replica = parsed->find("replica");
  const json_value* const incarnation = parsed->find("incarnation");
  if (replica == nullptr || replica->text != id || incarnation == nullptr ||
      incarnation->kind != json_value::type::integer)
    return std::nullopt;
  return incarnation->integer;
}

/// Blocks; not on the loop.
std::optional<std::int64_t> ask_replica(net::process_host& host, const replica_place& place) {
  std::optional<std::int64_t> incarnation;
  host.loop().spawn_and_wait([&]() -> net::task<void> {
    const net::http_outcome outcome =
        co_await host.client().send(place.http, {.target = "/status"}, {.timeout_ms = ask_ms});
    if (outcome.response) incarnation = incarnation_in(*outcome.response, place.id);
  });
  return incarnation;
}

result<std::vector<replica_place>> places_of(const supervisor_options& options) {
  if (options.replicas.empty())
    return fail(error_code::invalid_argument, "supervisor.replicas is empty: there is nobody to look after");
  std::vector<replica_place> places;
  std::set<std::string> ids;
  for (const std::string& entry : options.replicas) {
    result<replica_place> place = read_replica_place(entry);
    if (!place) return fail(place);
    if (!ids.insert(place->id).second)
      return fail(error_code::invalid_argument, "supervisor.replicas names " + place->id + " twice");
    places.push_back(std::move(*place));
  }
  return places;
}

}  // namespace

struct supervisor_process::state {
  system_clock time{};
  std::unique_ptr<net::process_host> host{};
  std::unique_ptr<topic_writer> ledger{};
  std::unique_ptr<keeper_tools> tools{};
  std::vector<std::unique_ptr<replica_keeper>> keepers{};
  std::unique_ptr<supervision_loop> supervision{};
};

supervisor_process::supervisor_process(std::unique_ptr<state> state) : state_(std::move(state)) {}

supervisor_process::~supervisor_process() {
  stop();
}

result<std::unique_ptr<supervisor_process>> supervisor_process::start(const supervisor_options& options) {
  const result<std::vector<replica_place>> places = places_of(options);
  if (!places) return fail(places);
  auto made = std::make_unique<state>();
  auto host = net::process_host::make(options.process);
  if (!host) return fail(host);
  made->host = std::move(*host);
  supervision_options supervised{.look_ms = options.look_ms};
  supervised.topics.prefix = options.topic_prefix;
  supervised.cluster.load_balancers.clear();
  for (const std::string& each : options.load_balancers)
    supervised.cluster.load_balancers.push_back("http://" + each);
  made->ledger =
      std::make_unique<topic_writer>(supervised.cluster, writer_options{.topic = supervised.topics.admin()});
  metrics_registry& metrics = made->host->metrics();
  made->tools = std::make_unique<keeper_tools>(keeper_tools{
      .binary = options.binary.empty() ? own_program() : options.binary,
      .by = options.process.name,
      .limits = {.restart_ms = options.restart_ms, .start_ms = options.start_ms},
      .cluster = cluster_file(options.cluster_file),
      .ask = [on = made->host.get()](const replica_place& place) { return ask_replica(*on, place); },
      .note =
          [to = made->ledger.get()](const ledger_entry& entry) {
            if (!to->write(encode(entry), 0, {}))
              log_warning(component, "an entry of the ledger waits for room: {}", encode(entry));
          },
      .starts = metrics.counter("marquee_booking_supervisor_starts_total", "Replica processes started."),
      .failed_starts =
          metrics.counter("marquee_booking_supervisor_failed_starts_total",
                          "Replica processes that did not start, or ended before they answered."),
      .stops = metrics.counter("marquee_booking_supervisor_stops_total", "Replica processes stopped.")});
  for (std::size_t i = 0; i < places->size(); ++i)
    made->keepers.push_back(std::make_unique<replica_keeper>(
        (*places)[i], "booking-replica-" + std::to_string(i + 1), *made->tools));
  made->supervision = std::make_unique<supervision_loop>(std::move(supervised), made->keepers, made->time);
  made->host->router().add(
      "GET", "/replicas",
      [from = made->supervision.get()](net::http_exchange&) -> net::task<net::http_response> {
        co_return net::json_response(from->report());
      },
      net::query_use::none);
  auto running = std::unique_ptr<supervisor_process>(new supervisor_process(std::move(made)));
  const result<> started =
      running->state_->host->start([from = running->state_->supervision.get()] { return from->ready(); });
  if (!started) return fail(started);
  return running;
}

void supervisor_process::stop() {
  if (!state_->host) return;
  state_->host->give_notice();
  // The thread asks replicas over the loop: it ends before the loop does. What answers GET /replicas and
  // GET /ready stays until the loop has ended.
  if (state_->supervision) state_->supervision->finish();
  state_->host->stop();
  state_->ledger.reset();
}

int run_booking_supervisor(const supervisor_options& options) {
  net::stop_signal signal;
  net::initialise_process_logging(options.process);
  const auto running = supervisor_process::start(options);
  if (!running) {
    log_error(component, "{} cannot start: {}", options.process.component(), running.error().message);
    return 1;
  }
  signal.wait();
  log_info(component, "{} stops; the replicas go on", options.process.component());
  (*running)->stop();
  return 0;
}

}  // namespace marquee::booking
