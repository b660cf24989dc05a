#include "booking_app/front_end/front_end_process.h"

#include "base/logging.h"
#include "booking_app/front_end/front_end.h"
#include "net/stop_signal.h"

namespace marquee::booking {

void describe(config_schema& schema, front_end_options& options) {
  net::describe(schema, options.process);
  schema.text_list("booking.load_balancers", options.load_balancers,
                   "Load balancers, host:port each, through which the topics are reached.");
  schema.text("booking.topic_prefix", options.topic_prefix,
              "The topics are PREFIX.cmd, .reply, .event, .admin and .dlq.");
  schema.text("data_dir", options.data_dir, "Folder for snapshots and history; made if it is missing.");
  schema.integer("front_end.number", options.number, 1, 1'000'000,
                 "1 to 16, different for each front end: replicas answer it by this number.");
  schema.text_list("front_end.replicas", options.replicas, "The replicas, such as r1=127.0.0.1:8401.");
  schema.integer("front_end.silence_ms", options.silence_ms, 100, 600'000,
                 "A replica whose vote is missing for so long after a majority has voted was silent.");
  schema.integer("front_end.heartbeat_ms", options.heartbeat_ms, 200, 600'000,
                 "A replica that does not answer its status for so long has crashed.");
  schema.integer("front_end.give_up_ms", options.give_up_ms, 100, 600'000,
                 "After this a command is answered NO_QUORUM or TIMEOUT; its outcome is unknown then.");
  schema.integer("front_end.tick_ms", options.tick_ms, 10, 10'000,
                 "While a deadline is pending the log gets a record at least this often.");
  schema.integer("front_end.most_commands", options.most_commands, 1, 1'000'000,
                 "Commands under way; beyond it new ones are answered 429 QUEUE.");
  schema.integer("front_end.snapshot_records", options.snapshot_records, 100, 1'000'000'000,
                 "After so many records the state is saved, so that a restart is quick.");
}

int run_booking_front_end(const front_end_options& options) {
  net::stop_signal signal;
  net::initialise_process_logging(options.process);
  auto made = front_end::make(options);
  if (!made) {
    log_error("booking_front_end", "cannot start: {}", made.error().message);
    return 1;
  }
  if (const result<> started = (*made)->start(); !started) {
    log_error("booking_front_end", "cannot start: {}", started.error().message);
    return 1;
  }
  signal.wait();
  log_info("booking_front_end", "{} stops", options.component());
  (*made)->stop();
  return 0;
}

}  // namespace marquee::booking
