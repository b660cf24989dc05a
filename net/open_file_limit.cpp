#include "net/open_file_limit.h"

#include <sys/resource.h>

#include "base/logging.h"

namespace marquee::net {

std::int64_t raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit wanted{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0)
      limit = wanted;
    else
      log_warning("net", "the limit of open files stays at {}", limit.rlim_cur);
  }
  return static_cast<std::int64_t>(limit.rlim_cur);
}

}  // namespace marquee::net
