#pragma once

namespace marquee::cli {

/// What the `marquee` command ends with. Documented in `marquee --help` and cli/README.md.
enum class exit_code : int {
  success = 0,
  refused = 1,        ///< the cluster refused the request, or a process could not start or had to stop
  usage = 2,          ///< wrong command line, configuration or input file
  unavailable = 3,    ///< no load balancer answered, or the cluster could not serve, before the deadline
  incomplete = 4,     ///< a part was done; the message says how to go on
  not_found = 5,      ///< the topic, producer, consumer or broker does not exist
  interrupted = 130,  ///< stopped by Ctrl-C or SIGTERM
};

}  // namespace marquee::cli
