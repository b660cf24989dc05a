#include "net/access_policy.h"

#include "net/cluster_secret.h"

namespace marquee::net {

std::string_view to_string(operation what) {
  switch (what) {
    case operation::create:
      return "create";
    case operation::describe:
      return "describe";
    case operation::alter:
      return "alter";
    case operation::remove:
      return "remove";
    case operation::produce:
      return "produce";
    case operation::consume:
      return "consume";
    case operation::administer:
      return "administer";
    case operation::internal:
      return "internal";
  }
  return "unknown";
}

std::string_view to_string(resource_kind kind) {
  switch (kind) {
    case resource_kind::topic:
      return "topic";
    case resource_kind::producer:
      return "producer";
    case resource_kind::consumer:
      return "consumer";
    case resource_kind::broker:
      return "broker";
    case resource_kind::cluster:
      return "cluster";
  }
  return "unknown";
}

principal principal_of(const http_request& request, const cluster_secret& secret) {
  const std::string_view name = request.headers.get(principal_header);
  if (name.empty() || name.size() > 256 || !secret.signed_by_cluster(request)) return {};
  return {std::string(name)};
}

bool access_policy::allows(const principal&, operation, const resource&) const {
  return true;
}

}  // namespace marquee::net
