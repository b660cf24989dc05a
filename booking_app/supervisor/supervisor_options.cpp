#include "booking_app/supervisor/supervisor_options.h"

namespace marquee::booking {

supervisor_options::supervisor_options() {
  process.name = "booking-supervisor";
  process.role = "booking_supervisor";
  process.http.port = 8451;
  load_balancers = {"127.0.0.1:8080"};
}

void describe(config_schema& schema, supervisor_options& options) {
  describe(schema, options.process);
  schema.text_list("booking.load_balancers", options.load_balancers,
                   "Where the public API is reached, as host:port.");
  schema.text("booking.topic_prefix", options.topic_prefix,
              "What the names of the application's topics begin with.");
  schema.text_list("supervisor.replicas", options.replicas,
                   "Replicas that it replaces, as id=/path/to/replica.toml: the file they are started with.");
  schema.text("supervisor.binary", options.binary,
              "The marquee program that replicas are started from; empty: the one that runs the supervisor.");
  schema.text("supervisor.cluster_file", options.cluster_file,
              "The cluster.json in which the processes of replicas are kept true; empty: none.");
  schema.integer("supervisor.look_ms", options.look_ms, 10, 60'000,
                 "How often it looks at the processes of the replicas.");
  schema.integer("supervisor.restart_ms", options.restart_ms, 1'000, 3'600'000,
                 "A replica that is not retired and whose process is gone for so long is started again.");
  schema.integer("supervisor.start_ms", options.start_ms, 1'000, 3'600'000,
                 "A new replica that does not answer by then is stopped, and another one is started.");
}

}  // namespace marquee::booking
