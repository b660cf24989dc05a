#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "booking_app/machine/machine_state.h"

namespace marquee::booking {

/// State to bytes and back: magic, version, clock, digest, every entity in a fixed order, and a hash of all
/// before it. Equal states give equal bytes. The way back adds every entity through its table, so that
/// everything derived is made anew, and compares the digest that comes out with the one in the snapshot.
inline constexpr std::uint32_t snapshot_version = 1;

[[nodiscard]] std::string encode_snapshot(const machine_state& state);
/// Fails with corrupt, or unsupported for the version of a later release.
[[nodiscard]] result<std::unique_ptr<machine_state>> decode_snapshot(bytes_view snapshot);

}  // namespace marquee::booking
