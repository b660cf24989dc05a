#pragma once

#include <optional>
#include <string_view>

#include "booking_app/machine/refusal.h"
#include "booking_app/machine/step.h"

// Checks that several commands share. Each gives the refusal, or nothing.
namespace marquee::booking {

/// Step 3: the session, if given, is live and the client's own.
[[nodiscard]] std::optional<answer> judge_session(const step& now, std::string_view client,
                                                  std::string_view session_id);
/// Step 4, and what lock commands check of their own lock: the name is known, and the token is that of the
/// session's grant. A command without a session has no grant.
[[nodiscard]] std::optional<answer> judge_token(const step& now, std::optional<std::int64_t> session,
                                                std::string_view name, std::int64_t token);
/// Step 5.
[[nodiscard]] std::optional<answer> judge_admin(const execution& run);
/// Step 9 for taking seats: the show is open, and the client has been admitted if there is a queue.
[[nodiscard]] std::optional<answer> judge_taking_from(const execution& run, const show& of);
/// Step 9 for giving up seats.
[[nodiscard]] std::optional<answer> judge_giving_up(const execution& run, const show& of);
/// Step 10.
[[nodiscard]] std::optional<answer> judge_version(const show& of, std::optional<std::int64_t> expected);

}  // namespace marquee::booking
