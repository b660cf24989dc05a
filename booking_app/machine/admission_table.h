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

/// A client's place in the queue in front of a show, or its admission.
struct admission {
  std::string show;
  std::int64_t joined =
      0;  ///< offset of the record that joined: the order of the queue, and the token's number
  std::string client;
  std::optional<std::int64_t> session = {};
  bool is_admitted = false;
  std::int64_t deadline_ms = 0;  ///< end of the admission
  digest_value share = {};
};

void describe(auto& archive, is_entity<admission> auto& a) {
  archive(a.show, a.joined, a.client, a.session, a.is_admitted, a.deadline_ms);
}

/// The admission queues of all shows. A client has at most one place per show.
class admission_table {
 public:
  explicit admission_table(entity_digest& digest) : digest_(digest) {}

  [[nodiscard]] const admission* find(std::string_view show, std::string_view client) const;
  [[nodiscard]] std::int64_t admitted_count(std::string_view show) const;
  /// Place among those who wait, from 1.
  [[nodiscard]] std::int64_t position(const admission& waiting) const;
  [[nodiscard]] const admission* first_waiting(std::string_view show) const;
  /// Places and admissions made with a session, by id.
  [[nodiscard]] std::vector<const admission*> of_session(std::int64_t session) const;
  /// Admissions whose time is over, by (deadline, id).
  [[nodiscard]] std::vector<const admission*> due(std::int64_t time_ms) const;
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

  const admission& add(admission joined);
  void admit(const admission& waiting, std::int64_t deadline_ms);
  void remove(const admission& gone);
  void remove_all(std::string_view show);

  void visit(auto&& visitor) const {
    for (const auto& [joined, one] : places_) visitor(entity_kind::admission, one);
  }

 private:
  struct queue {
    std::set<std::int64_t> waiting;
    std::set<std::int64_t> admitted;
  };

  entity_digest& digest_;
  std::map<std::int64_t, admission> places_;
  std::map<std::string, queue, std::less<>> queues_;
  std::map<std::pair<std::string, std::string>, std::int64_t> by_client_;
  std::set<std::pair<std::int64_t, std::int64_t>> by_session_;
  std::set<std::pair<std::int64_t, std::int64_t>> deadlines_;
};

}  // namespace marquee::booking
