#include "base/types.h"

namespace marquee {

std::string to_string(const group_id& group) {
  return to_string(group.topic_id) + "/" + std::to_string(group.partition.value());
}

std::string to_string(const replica_id& replica) {
  return std::to_string(replica.broker.value()) + "." + std::to_string(replica.incarnation.value());
}

}  // namespace marquee

std::size_t std::hash<marquee::group_id>::operator()(const marquee::group_id& group) const noexcept {
  return std::hash<marquee::uuid>{}(group.topic_id) * 31 + static_cast<std::size_t>(group.partition.value());
}
