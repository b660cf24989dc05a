#include "booking_app/replica/replica.h"

#include <atomic>
#include <latch>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/logging.h"
#include "booking_app/log/booking_topics.h"
#include "booking_app/log/command_feed.h"
#include "booking_app/log/snapshot_store.h"
#include "booking_app/log/topic_writer.h"
#include "booking_app/replica/fault_switches.h"
#include "booking_app/replica/follower.h"
#include "booking_app/replica/process_file.h"
#include "booking_app/replica/replica_routes.h"
#include "booking_app/replica/snapshot_keeper.h"
#include "net/event_loop.h"
#include "net/process_host.h"
#include "net/stop_signal.h"

namespace marquee::booking {

namespace {

constexpr const char* component = "booking.replica";
constexpr std::int64_t poll_wait_ms = 5'000;
/// Front ends give a command up after this: nobody waits for a later vote.
constexpr std::int64_t vote_deadline_ms = 10'000;
constexpr std::int64_t attempt_timeout_ms = 12'000;

marquee::client::client_options cluster_of(const replica_options& options) {
  marquee::client::client_options cluster;
  cluster.load_balancers.clear();
  for (const std::string& one : options.load_balancers) cluster.load_balancers.push_back("http://" + one);
  cluster.attempt_timeout_ms = attempt_timeout_ms;
  cluster.deadline_ms = vote_deadline_ms;
  return cluster;
}

result<> check(const replica_options& options) {
  if (options.data_dir.empty())
    return fail(error_code::invalid_argument, "data_dir is empty; name a folder for snapshots");
  if (options.load_balancers.empty())
    return fail(error_code::invalid_argument, "booking.load_balancers is empty; name them as host:port");
  const bool is_known =
      options.id.size() == 2 && options.id[0] == 'r' && options.id[1] >= '1' && options.id[1] <= '9';
  if (!is_known)
    return fail(error_code::invalid_argument, "replica.id is '" + options.id + "'; it is one of r1 to r9");
  return {};
}

/// For metrics that are counted elsewhere.
struct replica_gauges {
  explicit replica_gauges(metrics_registry& metrics)
      : offset(metrics.gauge("marquee_booking_replica_applied_offset",
                             "Offset of the newest command that was applied; -1 before the first.")),
        broken(metrics.gauge("marquee_booking_replica_broken",
                             "1 if the self check failed: the replica votes no more and must be replaced.")),
        records(metrics.counter("marquee_booking_replica_records_total", "Commands and ticks applied.")),
        bad_commands(
            metrics.counter("marquee_booking_replica_bad_commands_total", "Records that were no command.")),
        votes(metrics.counter("marquee_booking_replica_votes_total", "Votes cast.")),
        waiting(metrics.gauge("marquee_booking_replica_waiting_votes",
                              "Votes that the log has not answered yet.")) {}

  metric_gauge& offset;
  metric_gauge& broken;
  metric_counter& records;
  metric_counter& bad_commands;
  metric_counter& votes;
  metric_gauge& waiting;
};

}  // namespace

struct replica::state {
  state(const replica_options& wanted, std::unique_ptr<net::process_host> made, snapshot_store opened,
        machine begin)
      : options(wanted),
        host(std::move(made)),
        gauges(host->metrics()),
        lost_votes(host->metrics().counter("marquee_booking_replica_lost_votes_total",
                                           "Votes that could not be written in time.")),
        apply_us(host->metrics().histogram("marquee_booking_replica_apply_us",
                                           "Time to apply the commands of one answer of the log.",
                                           metric_histogram::latency_us_bounds())),
        vote_us(host->metrics().histogram("marquee_booking_replica_vote_us",
                                          "Time from a vote to the log's answer that it is stored.",
                                          metric_histogram::latency_us_bounds())),
        first_offset(begin.next_offset()),
        following(std::move(begin), {.replica = options.id, .self_check_records = options.self_check_records},
                  time, faults, [this](outgoing_vote vote) { send(std::move(vote)); }),
        store(std::move(opened)),
        context{.options = options,
                .machine = following,
                .faults = faults,
                .applied = {},
                .take_snapshot = [this] { keeper->request(); }} {}

  const replica_options options;
  std::unique_ptr<net::process_host> host;
  replica_gauges gauges;
  metric_counter& lost_votes;
  metric_histogram& apply_us;
  metric_histogram& vote_us;
  system_clock time{};
  fault_switches faults{};
  const std::int64_t first_offset;
  follower following;
  snapshot_store store;
  replica_context context;
  std::atomic<bool> is_failed = false;
  std::latch has_feed{1};  ///< the feed may give before its constructor has returned
  std::optional<snapshot_keeper> keeper{};
  std::optional<topic_writer> writer{};
  std::optional<command_feed> feed{};

  void take(const std::vector<logged_message>& messages);
  void send(outgoing_vote vote);
  void write(std::int32_t partition, std::string text);
  [[nodiscard]] result<> ready() const;
  void refresh();
};

void replica::state::take(const std::vector<logged_message>& messages) {
  has_feed.wait();
  const std::int64_t began_us = time.monotonic_us();
  following.take(messages, feed->ms_since_end());
  apply_us.observe(static_cast<std::uint64_t>(time.monotonic_us() - began_us));
  context.applied.wake_all();
  keeper->note(messages.back().offset + 1);
}

void replica::state::send(outgoing_vote vote) {
  if (vote.delay_ms == 0) return write(vote.partition, std::move(vote.text));
  host->loop().post_after_ms(vote.delay_ms, [this, vote = std::move(vote)]() mutable {
    write(vote.partition, std::move(vote.text));
  });
}

void replica::state::write(std::int32_t partition, std::string text) {
  const auto note = [this, began_us = time.monotonic_us()](const auto& stored) {
    if (!stored) return lost_votes.add();
    vote_us.observe(static_cast<std::uint64_t>(time.monotonic_us() - began_us));
  };
  if (!writer->write(std::move(text), partition, note)) lost_votes.add();
}

result<> replica::state::ready() const {
  const booking_topics topics{.prefix = options.topic_prefix};
  if (!feed->positioned() || !feed->connected())
    return fail(error_code::unavailable, "waits for topic '" + topics.commands() + "': " + feed->problem());
  if (!writer->connected())
    return fail(error_code::unavailable, "waits for topic '" + topics.replies() + "': " + writer->problem());
  return {};
}

void replica::state::refresh() {
  const follower::status now = following.now();
  const follower::counts counted = following.counted();
  gauges.offset.set(now.offset);
  gauges.broken.set(now.broken ? 1 : 0);
  gauges.records.add(counted.records - gauges.records.value());
  gauges.bad_commands.add(counted.bad_commands - gauges.bad_commands.value());
  gauges.votes.add(counted.votes - gauges.votes.value());
  if (writer) gauges.waiting.set(static_cast<std::int64_t>(writer->waiting()));
}

replica::replica(std::unique_ptr<state> state) : state_(std::move(state)) {}

replica::~replica() {
  stop();
}

result<std::unique_ptr<replica>> replica::make(const replica_options& options) {
  if (auto checked = check(options); !checked) return fail(checked);
  auto host = net::process_host::make(options.process);
  if (!host) return fail(host);
  auto store = snapshot_store::open(options.state_folder());
  if (!store) return fail(store, options.state_folder());
  auto begin = store->load();
  if (begin)
    log_info(component, "{}.{} goes on at offset {} from a snapshot", options.id, options.incarnation,
             begin->next_offset());
  else
    log_info(component, "{}.{} has no snapshot and begins at offset 0", options.id, options.incarnation);
  return std::unique_ptr<replica>(new replica(std::make_unique<state>(
      options, std::move(*host), std::move(*store), begin ? std::move(*begin) : machine())));
}

result<> replica::start() {
  state& own = *state_;
  add_replica_routes(own.host->router(), own.context);
  own.host->metrics().before_text([&own] { own.refresh(); });
  own.keeper.emplace(std::move(own.store), own.following, own.first_offset, own.options.snapshot_records,
                     own.host->metrics());
  const marquee::client::client_options cluster = cluster_of(own.options);
  const booking_topics topics{.prefix = own.options.topic_prefix};
  own.writer.emplace(cluster, writer_options{.topic = topics.replies()});
  own.feed.emplace(
      cluster,
      feed_options{.topic = topics.commands(), .first_offset = own.first_offset, .wait_ms = poll_wait_ms},
      [&own](std::vector<logged_message> messages) { own.take(messages); },
      [&own](const std::string& why) {
        log_error(component,
                  "the log does not go on where the state in {} ends ({}). If the log was made anew, remove "
                  "that folder and start again",
                  own.options.state_folder(), escape_for_log(why));
        own.is_failed = true;
        net::stop_signal::request();
      });
  own.has_feed.count_down();
  if (auto started = own.host->start([&own] { return own.ready(); }); !started) return started;
  // Only now: the file names the process that has the folder and the port, so that the supervisor stops that
  // one.
  if (auto written = write_process_file(own.options.data_dir, own.options.id, own.options.incarnation);
      !written)
    return fail(written, "writing process.json");
  return {};
}

void replica::stop() {
  state& own = *state_;
  own.host->announce_stop();
  if (own.feed) own.feed->stop();
  if (own.keeper) own.keeper->stop();
  own.host->give_notice();
  own.host->stop();
  own.writer.reset();
}

bool replica::failed() const {
  return state_->is_failed;
}

}  // namespace marquee::booking
