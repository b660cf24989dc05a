#pragma once

#include <cstdint>
#include <optional>

#include "booking_app/voting/replica_ledger.h"

namespace marquee::booking {

/// What the supervisor sees of one replica: the ledger, and what runs on this machine.
struct replica_view {
  // the ledger's
  std::int64_t incarnation = 1;
  replica_state state = replica_state::catching_up;
  // this machine's
  std::int64_t newest_used = 0;            ///< highest incarnation that ever had a folder or a process here
  std::int64_t oldest_kept = 0;            ///< lowest incarnation that still has a folder; 0: none
  std::optional<std::int64_t> recorded{};  ///< incarnation of the newest process, whether it runs or not
  std::optional<std::int64_t> running{};   ///< incarnation of the process that says it is this replica
  bool answers = false;                    ///< that process says so over HTTP as well
  bool starting = false;                   ///< a process was started and has not said yet what it is
  std::optional<std::int64_t> gone_since_ms{};  ///< nothing runs or starts since then
  std::int64_t new_process_ms = 0;              ///< when a process later than the ledger's was seen first
  std::int64_t not_before_ms = 0;               ///< no start before: pause after one that failed
  std::optional<std::int64_t> announced_ms{};   ///< `running` was announced then and is not folded yet
};

enum class replica_step : std::uint8_t {
  nothing,
  stop,        ///< end the process that runs, whatever it is
  start,       ///< start `incarnation` on an empty folder
  announce,    ///< write down that `incarnation` was started
  remove_old,  ///< remove the folders of incarnations before this one
};

struct planned_step {
  replica_step step = replica_step::nothing;
  std::int64_t incarnation = 0;
};

struct plan_limits {
  std::int64_t restart_ms =
      20'000;  ///< an incarnation that is not retired and gone for so long is started again
  std::int64_t start_ms = 60'000;    ///< a process that does not answer by then is stopped
  std::int64_t announce_ms = 5'000;  ///< an announcement that is not in the ledger by then is written again
};

/// What to do next; pure, so that it can be asked again after any crash in between. A retired incarnation is
/// stopped, then the one after all that were ever used here is started, then announced once it answers: so no
/// incarnation is started twice, and there are never two processes. A replica that the ledger does not retire
/// is left alone: if it does not run the front ends will miss it, unless too many are gone for a majority to
/// judge; so one that is gone for long is started again, on its own folder. A process of an incarnation
/// before the ledger's, as somebody may start whose disk is empty, is stopped, for its votes would count as
/// those of the present one, and the present one is started in its place.
[[nodiscard]] planned_step plan_next_step(const replica_view& view, std::int64_t now_ms,
                                          const plan_limits& limits = {});

/// Pause after the n-th start in a row that failed: half a second, doubling up to half a minute.
[[nodiscard]] std::int64_t pause_after_failures(std::int64_t failures);

}  // namespace marquee::booking
