#include "booking_app/front_end/log_connection.h"

#include <numeric>
#include <utility>

#include "base/logging.h"

namespace marquee::booking {
namespace {

std::size_t size_of(const std::vector<logged_message>& messages) {
  return std::accumulate(
      messages.begin(), messages.end(), std::size_t{0},
      [](std::size_t sum, const logged_message& one) { return sum + one.value.size() + 64; });
}

}  // namespace

log_connection::log_connection(const front_end_options& options, net::event_loop& loop, listeners told,
                               metrics_registry& metrics)
    : options_(options),
      topics_{options.topic_prefix},
      told_(std::move(told)),
      undecodable_(
          metrics.counter("marquee_booking_front_end_undecodable_messages_total",
                          "Messages of the reply and admin topics that are neither votes nor entries.")),
      records_in_(loop,
                  [this](std::vector<std::vector<logged_message>> batches) {
                    for (std::vector<logged_message>& batch : batches) {
                      gate_.arrived(size_of(batch), 0);
                      told_.on_records(std::move(batch));
                    }
                  }),
      votes_in_(loop, [this](std::vector<vote> votes) { told_.on_votes(votes); }),
      entries_in_(loop, [this](std::vector<ledger_entry> entries) { told_.on_entries(entries); }),
      appended_in_(loop, [](std::vector<appended> all) {
        for (appended& one : all) one.on_done(one.how);
      }) {
  // What clients were told is unknown must not come into the log long after.
  command_writer_ = std::make_unique<topic_writer>(cluster(options_.give_up_ms),
                                                   writer_options{.topic = topics_.commands()});
  admin_writer_ = std::make_unique<topic_writer>(cluster(60'000), writer_options{.topic = topics_.admin()});
}

log_connection::~log_connection() {
  stop();
}

marquee::client::client_options log_connection::cluster(std::int64_t deadline_ms) const {
  marquee::client::client_options made;
  made.load_balancers.clear();
  for (const std::string& one : options_.load_balancers)
    made.load_balancers.push_back(one.starts_with("http") ? one : "http://" + one);
  made.deadline_ms = deadline_ms;
  return made;
}

void log_connection::start(std::int64_t first_offset) {
  topic_maker_ = std::thread([this] {
    const auto made = ensure_topics(cluster(60'000), topics_, [this] { return stopping_.load(); });
    if (made) {
      topics_exist_ = true;
    } else if (!stopping_) {
      told_.on_broken(marquee::client::to_string(made.error()));
    }
  });
  const auto broken = [this](const std::string& why) { told_.on_broken(why); };
  admin_ = std::make_unique<command_feed>(
      cluster(60'000), feed_options{.topic = topics_.admin()},
      [this](std::vector<logged_message> messages) { take_entries(std::move(messages)); }, broken);
  commands_ = std::make_unique<command_feed>(
      cluster(60'000), feed_options{.topic = topics_.commands(), .first_offset = first_offset},
      [this](std::vector<logged_message> messages) {
        gate_.enter(size_of(messages));
        records_in_.put(std::move(messages));
      },
      broken);
  replies_ = std::make_unique<command_feed>(
      cluster(60'000), feed_options{.topic = topics_.replies(), .start = feed_start::at_end, .dense = false},
      [this](std::vector<logged_message> messages) { take_votes(std::move(messages)); }, broken);
}

void log_connection::stop() {
  if (stopping_.exchange(true)) return;
  gate_.open();
  records_in_.close();
  votes_in_.close();
  entries_in_.close();
  appended_in_.close();
  replies_.reset();
  commands_.reset();
  admin_.reset();
  command_writer_.reset();
  admin_writer_.reset();
  if (topic_maker_.joinable()) topic_maker_.join();
}

bool log_connection::append(std::string record, std::function<void(append_result)> on_done) {
  return command_writer_->write(std::move(record), std::nullopt,
                                [this, on_done = std::move(on_done)](
                                    const marquee::client::outcome<marquee::client::stored_message>& stored) {
                                  const append_result how =
                                      stored ? append_result{.stored = true, .offset = stored->offset}
                                             : append_result{};
                                  appended_in_.put({on_done, how});
                                });
}

void log_connection::write(const ledger_entry& entry) {
  // A lost entry is written again: the judge gives it once more after a while.
  if (!admin_writer_->write(encode(entry), std::nullopt, {}))
    log_warning("booking_front_end", "{} does not take an entry about a replica: too many wait",
                topics_.admin());
}

std::string log_connection::missing() const {
  if (!topics_exist_) return "the topics " + topics_.prefix + ".* do not exist yet; is the cluster up?";
  if (!admin_ || !admin_->positioned()) return topics_.admin() + " cannot be read yet";
  if (!commands_ || !commands_->positioned()) return topics_.commands() + " cannot be read yet";
  if (!replies_ || !replies_->positioned()) return topics_.replies() + " cannot be read yet";
  return {};
}

void log_connection::take_votes(std::vector<logged_message> messages) {
  const auto own = static_cast<std::int32_t>(options_.number - 1);
  for (logged_message& message : messages) {
    if (message.partition != own) continue;
    auto decoded = decode_vote(std::move(message.value));
    if (decoded) {
      votes_in_.put(std::move(*decoded));
    } else {
      undecodable_.add();
    }
  }
}

void log_connection::take_entries(std::vector<logged_message> messages) {
  for (const logged_message& message : messages) {
    auto decoded = decode_ledger_entry(message.value);
    if (decoded) {
      entries_in_.put(std::move(*decoded));
    } else {
      undecodable_.add();
    }
  }
}

}  // namespace marquee::booking
