#include "broker/broker_node.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "broker/events_handler.h"
#include "broker/identity_store.h"
#include "raft/runtime/superseded_process.h"

namespace marquee::broker {

namespace {

constexpr std::uint64_t secret_bytes_most = 64 * 1024;
/// How long a stop waits for the answers of requests that are under way.
constexpr std::int64_t drain_ms = 1'000;
/// How long it waits, when others lead, until it can tell clients who.
constexpr std::int64_t news_ms = 300;
constexpr std::int64_t news_poll_ms = 5;
/// Replicas that meet damage are repaired so often while a process runs: then the disk is no good.
constexpr int repairs_most = 3;
constexpr std::int64_t first_repair_ms = 200;
constexpr std::int64_t later_repair_ms = 15'000;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

}  // namespace

broker_node::broker_node(broker_options options) : options_(std::move(options)) {}

broker_node::~broker_node() {
  stop();
}

result<std::unique_ptr<broker_node>> broker_node::make(const broker_options& options) {
  std::unique_ptr<broker_node> node(new broker_node(options));
  if (auto good = node->check_options(); !good) return fail(good);
  auto process = net::process_host::make(options.process);
  if (!process) return fail(process);
  node->process_ = std::move(*process);
  node->metrics_ = std::make_unique<broker_metrics>(node->process_->metrics());
  node->catalog_ = std::make_unique<topic_catalog>(node->files_, options.data_dir + "/metadata.json");
  node->producer_ids_ =
      std::make_unique<producer_id_reserve>(node->files_, options.data_dir + "/producer-ids");
  node->manager_client_ = std::make_unique<manager_client>(node->process_->loop(), node->process_->client(),
                                                           node->process_->secret(), node->managers_);
  node->catalog_loop_ = std::make_unique<net::event_loop>("catalog");
  return node;
}

result<> broker_node::check_options() {
  if (options_.data_dir.empty())
    return fail(error_code::invalid_argument,
                "the broker needs a data directory (configuration key data_dir)");
  for (const std::string& text : options_.write_managers) {
    const auto manager = net::parse_endpoint(text);
    if (!manager) return fail(manager, "configuration key write_managers");
    managers_.push_back(*manager);
  }
  if (auto safe = net::check_listener(options_.kafka, options_.process.insecure_network); !safe) return safe;
  return net::check_listener(options_.raft, options_.process.insecure_network);
}

result<> broker_node::start(const std::function<bool()>& stop) {
  if (auto made = files_.create_directories(options_.data_dir); !made) return fail(made, options_.data_dir);
  if (auto loaded = catalog_->load(); !loaded) return loaded;
  if (auto loaded = producer_ids_->load(); !loaded) return loaded;
  add_routes();
  if (auto started = process_->start([this] { return ready(); }); !started) return started;
  const auto identity = find_identity(stop);
  if (!identity) return fail(identity);
  identity_ = *identity;
  log_info("broker", "broker {} of cluster {}, boot {}, data in {}", to_string(identity->replica),
           to_string(identity->cluster_id), boot_.value(), options_.data_dir);
  if (auto started = start_raft(*identity); !started) return started;
  if (auto opened = open_front_door(*identity); !opened) return opened;
  registration_->start(announcement(), [this](const error& why) {
    raft::end_superseded_process(identity_->replica, options_.data_dir, why);
  });
  return {};
}

void broker_node::add_routes() {
  routes_ = std::make_unique<internal_routes_environment>(
      internal_routes_environment{.component = options_.process.component(),
                                  .secret = process_->secret(),
                                  .services = [this] { return serving_.load(); },
                                  .push = [this](metadata_push what) { return push(std::move(what)); },
                                  .leaders_changed = {}});
  add_internal_routes(process_->router(), *routes_);
  events_ = std::make_unique<event_log>(clock_, [this](const uuid& topic_id) {
    const metadata_snapshot metadata = catalog_->snapshot();
    const topic_metadata* topic = metadata->find(topic_id);
    return topic == nullptr ? std::string() : topic->name;
  });
  add_events_route(process_->router(), options_.process.component(), *events_);
}

broker_announcement broker_node::announcement() const {
  broker_announcement what;
  what.host = options_.reachable_host();
  what.kafka_port = door_ ? door_->port() : static_cast<std::uint16_t>(options_.kafka.port);
  what.raft_port = host_ ? host_->listen_port() : static_cast<std::uint16_t>(options_.raft.port);
  what.http_port = process_->http_port();
  what.incarnation = incarnation_;
  what.process = {boot_, process_id_};
  if (identity_) what.broker = identity_->replica.broker;
  if (identity_) what.cluster_id = identity_->cluster_id;
  what.metadata_version = [this] { return catalog_->snapshot()->version; };
  what.produced_records = [this] { return static_cast<std::int64_t>(metrics_->produced_records.value()); };
  what.fetched_records = [this] { return static_cast<std::int64_t>(metrics_->fetched_records.value()); };
  if (host_) what.connected_peers = [this] { return host_->connected_peers(); };
  if (disk_) what.disk_full = [this] { return !disk_->state(); };
  return what;
}

result<broker_identity> broker_node::find_identity(const std::function<bool()>& stop) {
  identity_store store(files_, options_.data_dir);
  const auto known = store.load();
  if (!known) return fail(known);
  const auto boot = store.count_boot();
  if (!boot) return fail(boot);
  boot_ = *boot;
  process_id_ = identity_store::draw_process();
  const auto wanted =
      *known ? result<incarnation_id>((*known)->replica.incarnation) : store.wanted_incarnation();
  if (!wanted) return fail(wanted);
  incarnation_ = *wanted;
  registration_ = std::make_unique<registration_loop>(process_->loop(), *manager_client_, *producer_ids_,
                                                      announcement(), options_.heartbeat_to_managers_ms);
  if (*known) return **known;
  const auto given = registration_->obtain_identity(stop);
  if (!given) return fail(given);
  if (auto saved = store.save(*given); !saved) return fail(saved);
  return *given;
}

result<raft::raft_host_options> broker_node::raft_options(const broker_identity& identity) const {
  raft::raft_host_options raft;
  raft.self = identity.replica;
  raft.process = {boot_, process_id_};
  raft.cluster_id = identity.cluster_id;
  if (!options_.process.secret_file.empty()) {
    const auto secret = read_file(files_, options_.process.secret_file, secret_bytes_most);
    if (!secret) return fail(secret, options_.process.secret_file);
    raft.cluster_secret = trimmed(as_text(*secret));
  }
  raft.listen_address = options_.raft.address;
  raft.listen_port = static_cast<std::uint16_t>(options_.raft.port);
  raft.threads = options_.thread_count();
  raft.storage.data_dir = options_.data_dir;
  raft.storage.wal_file_bytes = static_cast<std::uint64_t>(options_.wal_file_bytes);
  raft.storage.checkpoint_bytes = static_cast<std::uint64_t>(options_.checkpoint_bytes);
  raft.storage.keep_free_bytes = static_cast<std::uint64_t>(options_.disk_reserve_bytes / 2);
  raft.storage.scrub_bytes_per_second = static_cast<std::uint64_t>(options_.scrub_bytes_per_second);
  raft.storage.scrub_interval_ms = options_.scrub_interval_ms;
  raft.storage.flush_ms = options_.flush_ms;
  raft.storage.flush_bytes = static_cast<std::uint64_t>(options_.flush_bytes);
  raft.storage.boot_id_file = options_.boot_id_file;
  raft.node.election_timeout_least_ms = options_.election_timeout_least_ms;
  raft.node.election_timeout_most_ms = options_.election_timeout_most_ms;
  raft.node.heartbeat_interval_ms = options_.raft_heartbeat_ms;
  raft.node.quorum_timeout_ms = options_.quorum_timeout_ms;
  raft.node.failover_step_ms = options_.failover_step_ms;
  raft.node.uncommitted_bytes_most = static_cast<std::size_t>(options_.uncommitted_bytes_most);
  return raft;
}

result<> broker_node::start_raft(const broker_identity& identity) {
  const auto options = raft_options(identity);
  if (!options) return fail(options);
  raft::raft_host_callbacks callbacks;
  callbacks.make_machine = [this](raft::replica& replica) -> std::unique_ptr<raft::state_machine> {
    return std::make_unique<partition>(replica, partition_environment{clock_, *metrics_, options_.appends});
  };
  callbacks.options_of = [this](const group_id& group) {
    const metadata_snapshot metadata = catalog_->snapshot();
    const topic_metadata* topic = metadata->find(group.topic_id);
    return topic == nullptr ? raft::group_options{} : topic->group_options();
  };
  callbacks.on_fenced = [this](const group_id& group, const error& why) {
    log_error("broker", "replica {} stepped aside: {}", to_string(group), why.message);
    if (why.code == error_code::corrupt) repair_later(group);
  };
  callbacks.on_leaders = [this](std::uint64_t) { routes_->leaders_changed.wake_all(); };
  callbacks.on_event = [this](const raft::raft_event& what) { events_->publish(what); };
  events_->begin(identity.replica.broker, boot_);
  host_ = raft::raft_host::make(*options, files_, clock_, process_->metrics(), std::move(callbacks));
  return host_->start();
}

void broker_node::repair_later(const group_id& group) {
  catalog_loop_->post([this, group] {
    const int attempt = ++repairs_[group];
    if (attempt > repairs_most)
      return log_error("broker", "replica {} stays aside: its repair was tried {} times, see to the disk",
                       to_string(group), repairs_most);
    catalog_loop_->post_after_ms(attempt == 1 ? first_repair_ms : later_repair_ms, [this, group] {
      const auto repaired = host_->repair_replica(group);
      // A replica that was fenced for something else, such as a vote that is lost, stays so.
      if (repaired || repaired.error().code == error_code::refused) return;
      log_error("broker", "replica {} cannot be repaired: {}", to_string(group), repaired.error().message);
      repair_later(group);
    });
  });
}

result<> broker_node::open_front_door(const broker_identity& identity) {
  services_ = std::make_unique<broker_services>(broker_services{
      .host = *host_,
      .catalog = *catalog_,
      .producer_ids = *producer_ids_,
      .managers = *manager_client_,
      .metrics = *metrics_,
      .time = clock_,
      .self = identity.replica,
      .advertised = {options_.reachable_host(), static_cast<std::uint16_t>(options_.kafka.port)},
      .limits = options_.limits,
      .defaults = options_.defaults,
      .settings = list_settings(options_),
      .policy = {}});
  reconciler_ = std::make_unique<replica_reconciler>(*host_, *metrics_, identity.replica);
  catalog_loop_->run_and_wait([this] { reconciler_->reconcile(*catalog_->snapshot()); });
  auto door = kafka_front_door::open(*host_->loops().front(), options_.kafka, *services_);
  if (!door) return fail(door);
  door_ = std::move(*door);
  services_->advertised.port = door_->port();
  retention_ = std::make_unique<retention_loop>(*catalog_loop_, *host_, *catalog_, clock_,
                                                options_.retention_check_ms);
  retention_->start();
  disk_ = std::make_unique<disk_watch>(
      *catalog_loop_, files_, process_->metrics(), options_.data_dir, options_.disk_reserve_bytes,
      [this] { return host_->check_space(); },
      [this](bool low) {
        host_->set_low_space(low);
        // Replicas that could not be made for want of space.
        if (!low) reconciler_->reconcile(*catalog_->snapshot());
      });
  catalog_loop_->run_and_wait([this] { disk_->check(); });
  disk_->start();
  monitor_ = std::make_unique<replica_monitor>(*catalog_loop_, *host_, *events_, process_->metrics(),
                                               options_.data_dir);
  catalog_loop_->post([this] { monitor_->start(); });
  serving_ = services_.get();
  return {};
}

net::future<push_result> broker_node::push(metadata_push what) {
  const net::promise<push_result> answer;
  auto coming = answer.get_future();
  catalog_loop_->post([this, what = std::move(what), answer] {
    if (what.cluster_id != identity_->cluster_id)
      return (void)answer.set(
          push_result{cluster_metadata::push_verdict::wrong_cluster, catalog_->snapshot()});
    const auto verdict = catalog_->apply(what);
    if (!verdict) return (void)answer.set(fail(verdict));
    const metadata_snapshot now = catalog_->snapshot();
    if (*verdict == cluster_metadata::push_verdict::applied) reconciler_->reconcile(*now);
    answer.set(push_result{*verdict, now});
  });
  return coming;
}

result<> broker_node::ready() const {
  if (serving_ == nullptr) return fail(error_code::unavailable, "no identity yet, or the log is being read");
  return disk_->state();
}

void broker_node::wait_until_successors_are_known() const {
  const auto led_here = [this](const raft::group_leader& each) { return each.leader == identity_->replica; };
  const net::deadline end = net::deadline::in_ms(news_ms);
  while (!end.passed() && std::ranges::any_of(host_->leaders().since(0).leaders, led_here))
    std::this_thread::sleep_for(std::chrono::milliseconds(news_poll_ms));
}

std::size_t broker_node::long_polls() const {
  return routes_->leaders_changed.waiting();
}

void broker_node::stop() {
  if (std::exchange(stopped_, true) || !process_) return;
  // Managers hear of it before leadership moves, so that nobody hands any back.
  if (registration_) registration_->announce_stopping();
  // While clients can still be told where their partitions went.
  process_->announce_stop();
  if (host_ && serving_ != nullptr) {
    host_->hand_over();
    wait_until_successors_are_known();
  }
  serving_ = nullptr;
  if (door_) door_->stop(drain_ms);
  if (registration_) registration_->stop();
  catalog_loop_->stop();
  // Managers that wait for news of leaders: the last broker of a cluster has none.
  routes_->leaders_changed.wake_all();
  process_->stop();
  // The front door goes after its loop has ended: answers that still wait for a partition refer to it.
  if (host_) host_->stop();
}

}  // namespace marquee::broker
