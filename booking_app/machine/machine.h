#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "booking_app/machine/command_decoder.h"
#include "booking_app/machine/machine_state.h"
#include "booking_app/machine/outcome.h"
#include "booking_app/machine/step.h"

namespace marquee::booking {

/// The booking state machine: a pure function of the records of `booking.cmd` (booking.md section 4).
/// No clock, file, thread, random number or floating point; whoever owns it calls it from one thread at a
/// time. No record can make it fail: what is no command is answered `BAD_COMMAND` and moves nothing but time.
/// The same records give the same outcomes and digests on every replica, also across a snapshot.
class machine {
 public:
  machine();

  /// Offsets must grow. What the outcome holds is its own.
  [[nodiscard]] outcome apply(const record& next);

  /// For reading only (see queries.h).
  [[nodiscard]] const machine_state& state() const { return *state_; }
  /// The offset that `apply` expects next.
  [[nodiscard]] std::int64_t next_offset() const { return state_->clock.next_offset; }
  [[nodiscard]] std::int64_t time_ms() const { return state_->clock.time_ms; }
  [[nodiscard]] digest_value digest() const { return state_->digest.total(); }
  /// From all entities. Differs from `digest` if something changed an entity behind its table's back.
  [[nodiscard]] digest_value recomputed_digest() const { return state_->recomputed_digest(); }
  /// When something expires if nothing else happens; while there is one, somebody must tick.
  [[nodiscard]] std::optional<std::int64_t> next_deadline_ms() const { return state_->next_deadline(); }

  /// Everything, as bytes with a version and a checksum: equal states give equal bytes.
  [[nodiscard]] std::string snapshot() const;
  /// The machine that gave the bytes. Fails with corrupt, or unsupported for a version of a later release.
  [[nodiscard]] static result<machine> from_snapshot(bytes_view bytes);

  /// Fault injection: changes one seat without a record, digest and all. False if there is no show.
  bool corrupt_one_seat();

 private:
  void run(step& now, const command& asked, outcome& result);
  void run_deduplicated(step& now, const command& asked, outcome& result);
  std::optional<answer> judge_sessions(const step& now, const command& asked) const;
  answer execute_command(step& now, const command& asked, outcome& result);
  void repeat_answer(const command& asked, const stored_answer& stored, outcome& result);

  std::unique_ptr<machine_state> state_;
  command_decoder decoder_;
};

}  // namespace marquee::booking
