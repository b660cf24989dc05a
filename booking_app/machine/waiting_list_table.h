#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "booking_app/machine/entity_digest.h"

namespace marquee::booking {

/// A client's place on the waiting list of a sold-out show.
struct waiting_entry {
  std::string show;
  std::int64_t joined = 0;  ///< offset of the record; the order of the list
  std::string client;
  std::optional<std::int64_t> session = {};
  std::int64_t n = 0;
  std::optional<std::string> category = {};
  digest_value share = {};
};

void describe(auto& archive, is_entity<waiting_entry> auto& e) {
  archive(e.show, e.joined, e.client, e.session, e.n, e.category);
}

/// The waiting lists of all shows, first come first served. One entry per client and show.
class waiting_list_table {
 public:
  using list = std::map<std::int64_t, waiting_entry>;

  explicit waiting_list_table(entity_digest& digest) : digest_(digest) {}

  /// Lists that are not empty, in the order of the shows' ids.
  [[nodiscard]] const std::map<std::string, list, std::less<>>& all() const { return lists_; }
  [[nodiscard]] const waiting_entry* find(std::string_view show, std::string_view client) const;
  [[nodiscard]] std::int64_t length(std::string_view show) const;
  /// Entries made with a session, as (show, offset joined).
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> of_session(std::int64_t session) const;

  void add(waiting_entry joined);
  void remove(std::string_view show, std::int64_t joined);
  void remove_all(std::string_view show);

  void visit(auto&& visitor) const {
    for (const auto& [show, entries] : lists_)
      for (const auto& [joined, entry] : entries) visitor(entity_kind::waiting_entry, entry);
  }

 private:
  entity_digest& digest_;
  std::map<std::string, list, std::less<>> lists_;
  std::map<std::pair<std::string, std::string>, std::int64_t> by_client_;
  std::set<std::pair<std::int64_t, std::pair<std::string, std::int64_t>>> by_session_;
};

}  // namespace marquee::booking
