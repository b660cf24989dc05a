#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace marquee::net {

class cluster_secret;

/// Who asks. `anonymous` until tokens exist.
struct principal {
  std::string name = "anonymous";
};

enum class operation : std::uint8_t {
  create,
  describe,
  alter,
  remove,
  produce,
  consume,
  administer,
  internal
};
enum class resource_kind : std::uint8_t { topic, producer, consumer, broker, cluster };

[[nodiscard]] std::string_view to_string(operation what);
[[nodiscard]] std::string_view to_string(resource_kind kind);

/// What is asked for: a kind and a name, which may be empty where there is only one.
struct resource {
  resource_kind kind = resource_kind::cluster;
  std::string_view name = {};
};

/// The X-Marquee-Principal header if the request carries a valid proof of the cluster secret, else anonymous.
[[nodiscard]] principal principal_of(const http_request& request, const cluster_secret& secret);

/// Decides whether somebody may do something (DESIGN D24). Every handler asks; today everything is allowed,
/// except that `internal` operations are refused without the secret by the handlers themselves. Stateless.
class access_policy {
 public:
  [[nodiscard]] bool allows(const principal& who, operation what, const resource& on) const;
};

}  // namespace marquee::net
