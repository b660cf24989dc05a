#include "raft/runtime/raft_host.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/logging.h"
#include "net/event_loop.h"
#include "raft/runtime/raft_host_impl.h"
#include "raft/runtime/superseded_process.h"

namespace marquee::raft {

namespace {
constexpr const char* component = "raft";
constexpr int fatal_exit_status = 70;
}  // namespace

std::unique_ptr<raft_host> raft_host::make(raft_host_options options, file_system& files, const clock& time,
                                           metrics_registry& metrics, raft_host_callbacks callbacks) {
  return std::make_unique<raft_host_impl>(std::move(options), files, time, metrics, std::move(callbacks));
}

raft_host_impl::raft_host_impl(raft_host_options options, file_system& files, const clock& time,
                               metrics_registry& metrics, raft_host_callbacks callbacks)
    : options_(std::move(options)),
      files_(files),
      time_(time),
      metrics_registry_(metrics),
      callbacks_(std::move(callbacks)),
      metrics_(metrics),
      environment_{.options = options_,
                   .callbacks = callbacks_,
                   .time = time_,
                   .metrics = metrics_,
                   .leaders = leaders_,
                   .leadership_won = [this] { heartbeats_.leaders_changed(); },
                   .segment_ended = [this] { want_new_segments(); },
                   .low_space = &low_space_,
                   .log_lacks_space = &log_lacks_space_},
      transport_(make_transport_options(), make_transport_callbacks(), metrics),
      heartbeats_(environment_, transport_, threads_) {
  if (callbacks_.on_leaders) leaders_.on_change(callbacks_.on_leaders);
  const std::size_t count = std::max<std::size_t>(1, options_.threads);
  for (std::size_t i = 0; i < count; ++i)
    threads_.push_back(
        std::make_unique<partition_thread>("partitions-" + std::to_string(i), environment_, transport_));
}

transport_options raft_host_impl::make_transport_options() const {
  transport_options wanted;
  wanted.self = options_.self;
  wanted.process = options_.process;
  wanted.cluster_id = options_.cluster_id;
  wanted.cluster_secret = options_.cluster_secret;
  wanted.listen_address = options_.listen_address;
  wanted.listen_port = options_.listen_port;
  wanted.send_queue_bytes_most = options_.send_queue_bytes_most;
  return wanted;
}

transport_callbacks raft_host_impl::make_transport_callbacks() {
  return {
      .on_messages = [this](broker_id, std::vector<group_message> messages) { route(std::move(messages)); },
      .on_leaders = [this](const std::vector<group_leader>& news) { leaders_.note_all(news); },
      .on_peer_up =
          [this](broker_id broker) {
            tell({.name = "peer_connected", .other = broker});
            for (const auto& thread : threads_) thread->post_peer_up(broker);
            heartbeats_.peer_up(broker);
          },
      .on_peer_down =
          [this](broker_id broker, peer_loss how) {
            tell({.name = "peer_lost",
                  .other = broker,
                  .why = how == peer_loss::reset ? "the connection broke" : "it said goodbye"});
            for (const auto& thread : threads_) thread->post_peer_down(broker, how);
          },
      .on_superseded = [this](const error& why) { superseded(why); }};
}

void raft_host_impl::tell(const raft_event& what) const {
  if (callbacks_.on_event) callbacks_.on_event(what);
}

void raft_host_impl::route(std::vector<group_message> messages) {
  if (threads_.size() == 1) return threads_.front()->deliver(std::move(messages));
  std::vector<std::vector<group_message>> by_thread(threads_.size());
  for (group_message& item : messages)
    by_thread[std::hash<group_id>{}(item.group) % threads_.size()].push_back(std::move(item));
  for (std::size_t i = 0; i < threads_.size(); ++i)
    if (!by_thread[i].empty()) threads_[i]->deliver(std::move(by_thread[i]));
}

result<> raft_host_impl::start() {
  result<std::unique_ptr<log_store>> opened =
      log_store::open(files_, time_, metrics_registry_, options_.storage,
                      {.checkpoint_wanted = [this] { want_checkpoint(); },
                       .on_fatal = [this](const error& why) { fatal(why); },
                       .space_was_needed = [this](bool lacking) { log_lacks_space_ = lacking; }});
  if (!opened) return fail(opened, "cannot open the log in " + options_.storage.data_dir);
  store_ = std::move(*opened);
  checkpointer_ = std::make_unique<checkpointer>(*store_, threads_, metrics_, time_);
  std::vector<recovered_group> found = store_->take_recovered();
  const std::size_t count = found.size();
  warn_of_doubt(found);
  for (recovered_group& each : found) start_recovered(std::move(each));
  if (const result<> listening = transport_.start(); !listening) {
    abandon();
    return fail(listening);
  }
  for (const auto& thread : threads_) thread->start();
  heartbeats_.start();
  started_ = true;
  checkpointer_ready_ = checkpointer_.get();
  if (checkpoint_wanted_early_) want_checkpoint();
  log_info(component, "broker {} (boot {}) has {} replicas on {} threads and listens for peers on {}:{}",
           to_string(options_.self), options_.process.boot.value(), count, threads_.size(),
           options_.listen_address, transport_.port());
  return {};
}

void raft_host_impl::warn_of_doubt(const std::vector<recovered_group>& found) {
  constexpr std::string_view what_follows =
      "Their votes and acknowledgements do not count until they hold what a leader has; where too many wait "
      "for "
      "that, all voters have to be up";
  std::size_t lost_power = 0;
  std::size_t from_before = 0;
  for (const recovered_group& each : found) {
    // Of damage the storage has spoken, group by group.
    if (!each.restored.doubt.open || !each.damage.empty() || !each.cut_off.empty()) continue;
    ++(each.lost_power ? lost_power : from_before);
  }
  if (lost_power > 0)
    log_warning(
        component,
        "the machine went down without a clean stop: {} replicas with durability=relaxed may have lost "
        "their last writes. {}",
        lost_power, what_follows);
  if (from_before > 0)
    log_warning(
        component,
        "{} replicas lost entries before an earlier start (with the power of the machine, or to damage "
        "that was cut off) and have not been filled again since. {}",
        from_before, what_follows);
}

void raft_host_impl::want_checkpoint() {
  if (checkpointer* const ready = checkpointer_ready_)
    ready->begin();
  else
    checkpoint_wanted_early_ = true;
}

void raft_host_impl::want_new_segments() {
  if (checkpointer* const ready = checkpointer_ready_) ready->begin_for_segments();
}

void raft_host_impl::set_low_space(bool low) {
  low_space_ = low;
  // Filling a replica again would take space that is not there.
  if (started_ && !stopped_) store_->pause_scrub(low);
}

result<> raft_host_impl::check_space() {
  if (!log_lacks_space_) return {};
  if (checkpointer* const ready = checkpointer_ready_) ready->begin_again();
  return fail(error_code::no_space, "the last checkpoint found no space for the log");
}

void raft_host_impl::fatal(const error& why) const {
  if (callbacks_.on_fatal) return callbacks_.on_fatal(why);
  log_error(component,
            "the write-ahead log in {} failed: {}. Nothing can be acknowledged any more, and what is on disk "
            "is not known, so this broker stops. Look at the disk (space, errors in the kernel log), then "
            "start it again: it goes on from what is durable; other replicas have the rest",
            options_.storage.data_dir, why.message);
  flush_log();
  std::_Exit(fatal_exit_status);
}

void raft_host_impl::superseded(const error& why) const {
  if (callbacks_.on_superseded) return callbacks_.on_superseded(why);
  end_superseded_process(options_.self, options_.storage.data_dir, why);
}

partition_thread& raft_host_impl::thread_of(const group_id& group) const {
  return *threads_[std::hash<group_id>{}(group) % threads_.size()];
}

raft_host_impl::hosted raft_host_impl::find_hosted(const group_id& group) const {
  const std::lock_guard lock(registry_mutex_);
  const auto found = registry_.find(group);
  return found == registry_.end() ? hosted{} : found->second;
}

std::shared_ptr<replica> raft_host_impl::find(const group_id& group) const {
  return find_hosted(group).who;
}

void raft_host_impl::for_each(const std::function<void(const std::shared_ptr<replica>&)>& visit) const {
  std::vector<std::shared_ptr<replica>> all;
  {
    const std::lock_guard lock(registry_mutex_);
    for (const auto& [group, each] : registry_) all.push_back(each.who);
  }
  for (const std::shared_ptr<replica>& each : all) visit(each);
}

std::vector<net::event_loop*> raft_host_impl::loops() const {
  std::vector<net::event_loop*> all;
  for (const auto& thread : threads_) all.push_back(&thread->home_loop());
  return all;
}

}  // namespace marquee::raft
