#include "booking_app/machine/lock_file_table.h"

namespace marquee::booking {

std::string_view lock_file_table::content(std::string_view target) const {
  const auto found = files_.find(target);
  return found == files_.end() ? std::string_view() : found->second.content;
}

void lock_file_table::append(std::string_view target, std::string_view data) {
  lock_file& file = files_.try_emplace(std::string(target)).first->second;
  file.target = target;
  file.content.append(data);
  file.hash.append(data);
  const digest_value hash = file.hash.value();
  digest_.update_share(entity_kind::lock_file, file.share, lock_file_mark{file.target, hash.high, hash.low});
}

}  // namespace marquee::booking
