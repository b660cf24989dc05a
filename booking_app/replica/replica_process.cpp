#include "booking_app/replica/replica_process.h"

#include "base/logging.h"
#include "booking_app/replica/replica.h"
#include "net/stop_signal.h"

namespace marquee::booking {

void describe(config_schema& schema, replica_options& options) {
  net::describe(schema, options.process);
  schema.text_list("booking.load_balancers", options.load_balancers,
                   "host:port of the load balancers through which the booking topics are reached.");
  schema.text("booking.topic_prefix", options.topic_prefix,
              "What the names of the booking topics begin with, so that several applications share a "
              "cluster.");
  schema.text("replica.id", options.id, "Which replica this is: r1, r2, r3 or r4.");
  schema.integer("replica.incarnation", options.incarnation, 1, INT64_MAX,
                 "Counts how often this replica was replaced; each begins with an empty folder.");
  schema.text("data_dir", options.data_dir,
              "Folder for process.json and, below it, for the snapshots of each incarnation.");
  schema.integer("replica.snapshot_records", options.snapshot_records, 1, 1'000'000'000,
                 "A snapshot is taken every so many records.");
  schema.integer("replica.self_check_records", options.self_check_records, 1, 1'000'000'000,
                 "The digest is computed anew from all entities every so many records.");
}

int run_booking_replica(const replica_options& options) {
  net::stop_signal signal;
  net::initialise_process_logging(options.process);
  auto made = replica::make(options);
  if (!made) {
    log_error("booking.replica", "cannot start: {}", made.error().message);
    return 1;
  }
  if (const result<> started = (*made)->start(); !started) {
    log_error("booking.replica", "cannot start: {}", started.error().message);
    return 1;
  }
  signal.wait();
  log_info("booking.replica", "{} stops", options.process.component());
  (*made)->stop();
  return (*made)->failed() ? 1 : 0;
}

}  // namespace marquee::booking
