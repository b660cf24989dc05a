// Replicas come and go: what raft_host does for creation, removal, start and stop.

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "base/logging.h"
#include "net/event_loop.h"
#include "raft/runtime/raft_host_impl.h"

namespace marquee::raft {

namespace {
constexpr const char* component = "raft";
constexpr std::chrono::seconds last_checkpoint_timeout{20};
constexpr std::chrono::milliseconds hand_over_poll{5};
}  // namespace

std::shared_ptr<hosted_replica> raft_host_impl::make_replica(const group_id& group,
                                                             std::unique_ptr<group_log> log,
                                                             const group_options& options) {
  auto who = std::make_shared<hosted_replica>(group, std::move(log), options, thread_of(group), environment_);
  who->set_machine(callbacks_.make_machine(*who));
  return who;
}

void raft_host_impl::start_recovered(recovered_group found) {
  const group_id group = found.group;
  const group_options options = callbacks_.options_of ? callbacks_.options_of(group) : group_options{};
  partition_thread& home = thread_of(group);
  const std::shared_ptr<hosted_replica> who = make_replica(group, std::move(found.log), options);
  home.home_loop().run_and_wait([&] {
    home.add(who);
    if (found.damage.empty())
      who->start(found.restored, found.state, home.connected());
    else
      who->start_fenced(found.damage);
  });
  const std::lock_guard lock(registry_mutex_);
  registry_[group] = {who, std::nullopt};
}

result<std::shared_ptr<replica>> raft_host_impl::create_replica(const group_id& group,
                                                                const configuration& members,
                                                                const group_options& options) {
  const std::lock_guard admin(admin_mutex_);
  if (stopped_ || !started_) return fail(error_code::unavailable, "this broker stops or has not started");
  if (!members.empty() && !members.is_member(options_.self))
    return fail(error_code::refused, "replica " + to_string(options_.self) + " is no member of " +
                                         to_string(group) + ": another incarnation of this broker is meant");
  const hosted known = find_hosted(group);
  if (known.who && known.born_with == members) {
    known.who->set_options(options);
    return known.who;
  }
  result<std::unique_ptr<group_log>> made = store_->create_group(group, members);
  if (!made && made.error().code == error_code::already_exists && known.who) {
    known.who->set_options(options);
    return known.who;
  }
  if (!made) return fail(made);
  const std::shared_ptr<hosted_replica> who = make_replica(group, std::move(*made), options);
  restored_state born;
  born.base_configuration = members;
  born.newly_created = true;
  partition_thread& home = thread_of(group);
  // Whoever finds the replica posts to its loop behind this.
  home.home_loop().post([&home, who, born] {
    home.add(who);
    state_block empty;
    empty.members = born.base_configuration;
    who->start(born, empty, home.connected());
  });
  tell({.name = "replica_added", .group = group});
  const std::lock_guard lock(registry_mutex_);
  registry_[group] = {who, members};
  return who;
}

result<> raft_host_impl::remove_replica(const group_id& group) {
  const std::lock_guard admin(admin_mutex_);
  if (stopped_ || !started_) return fail(error_code::unavailable, "this broker stops or has not started");
  const hosted known = find_hosted(group);
  if (!known.who) return {};
  {
    const std::lock_guard lock(registry_mutex_);
    registry_.erase(group);
  }
  partition_thread& home = thread_of(group);
  home.home_loop().run_and_wait([&] {
    known.who->stop(error{error_code::cancelled, "this replica was removed"});
    home.remove(group);
    known.who->release_log();
  });
  leaders_.forget(group);
  tell({.name = "replica_removed", .group = group});
  log_info(component, "replica of {} was removed", to_string(group));
  return store_->remove_group(group);
}

result<> raft_host_impl::repair_replica(const group_id& group) {
  const std::lock_guard admin(admin_mutex_);
  if (stopped_ || !started_) return fail(error_code::unavailable, "this broker stops or has not started");
  const hosted known = find_hosted(group);
  if (!known.who) return fail(error_code::not_found, "there is no replica of " + to_string(group));
  partition_thread& home = thread_of(group);
  bool possible = false;
  home.home_loop().run_and_wait([&] {
    possible = known.who->can_be_repaired();
    if (!possible) return;
    home.remove(group);
    known.who->release_log();
  });
  if (!possible) return fail(error_code::refused, "the replica of " + to_string(group) + " met no damage");
  auto found = store_->reopen_group(group);
  if (!found) return fail(found);
  metrics_.groups_fenced.add(-1);
  log_info(component, "the log of {} is opened anew", to_string(group));
  tell({.name = "repaired", .group = group, .why = found->cut_off});
  start_recovered(std::move(*found));
  return {};
}

std::size_t raft_host_impl::hand_over_once() {
  std::size_t leaving = 0;
  for (const auto& thread : threads_)
    thread->home_loop().run_and_wait([&] {
      for (const auto& [group, who] : thread->replicas())
        if (who->keep_handing_over()) ++leaving;
    });
  return leaving;
}

void raft_host_impl::hand_over_all() {
  const auto begin = std::chrono::steady_clock::now();
  const auto end = begin + std::chrono::milliseconds(options_.handover_ms);
  const std::size_t led = hand_over_once();
  std::size_t left = led;
  while (left > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(hand_over_poll);
    left = hand_over_once();
  }
  if (led == 0) return;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  log_info(component, "handed {} of {} leaderships over in {} ms", led - std::min(left, led), led,
           took.count());
}

void raft_host_impl::checkpoint_and_wait() {
  const auto ended = std::make_shared<std::promise<result<>>>();
  std::future<result<>> outcome = ended->get_future();
  // One that is under way may still be gathering; this one only makes the next start faster.
  checkpointer_->begin([ended](result<> done) { ended->set_value(std::move(done)); });
  if (outcome.wait_for(last_checkpoint_timeout) != std::future_status::ready)
    log_warning(component,
                "the last checkpoint takes too long: stopping without it; the next start replays more");
}

void raft_host_impl::end_threads(const error& why) {
  for (const auto& thread : threads_) {
    thread->home_loop().run_and_wait([&] {
      for (const auto& [group, who] : thread->replicas()) who->stop(why);
    });
    thread->stop_loop();
  }
}

void raft_host_impl::hand_over() {
  const std::lock_guard admin(admin_mutex_);
  if (!started_ || stopped_) return;
  store_->pause_scrub(true);
  hand_over_all();
}

void raft_host_impl::stop() {
  if (stopped_.exchange(true)) return;
  const std::lock_guard admin(admin_mutex_);
  if (started_) store_->pause_scrub(true);
  if (started_) hand_over_all();
  transport_.stop(peer_loss::goodbye);
  heartbeats_.stop();
  if (started_) checkpoint_and_wait();
  end_threads(error{error_code::cancelled, "this broker stops"});
  if (store_) store_->stop();
  checkpointer_ready_ = nullptr;
  for_each([](const std::shared_ptr<replica>& each) { static_cast<hosted_replica&>(*each).release_log(); });
  checkpointer_.reset();
  store_.reset();
  if (started_) log_info(component, "broker {} has stopped its replicas", to_string(options_.self));
}

void raft_host_impl::abandon() {
  if (stopped_.exchange(true)) return;
  const std::lock_guard admin(admin_mutex_);
  transport_.stop(peer_loss::reset);
  heartbeats_.stop();
  checkpointer_ready_ = nullptr;
  end_threads(error{error_code::cancelled, "this broker was abandoned"});
  for_each([](const std::shared_ptr<replica>& each) { static_cast<hosted_replica&>(*each).release_log(); });
  // Its destructor joins its threads; the checkpointer must outlive them.
  store_.reset();
  checkpointer_.reset();
}

}  // namespace marquee::raft
