#pragma once

namespace marquee::broker {

/// Bugs that the history checker must find (tests/system/history). They exist only where
/// MARQUEE_BROKER_PLANTED_BUGS is defined: in a second build of this folder's sources, tests/planted_broker.
/// Everywhere else `planted` is a constant and no trace of them is compiled.
enum class planted_bug {
  none,
  forgets_producers_when_elected,  ///< what a producer sends again to the next leader is stored twice
  serves_what_is_not_committed,    ///< a fetch reads past the high watermark
};

#ifdef MARQUEE_BROKER_PLANTED_BUGS
/// Set before the process has a second thread.
inline planted_bug active_bug = planted_bug::none;  // NOLINT: a test's switch
inline bool planted(planted_bug which) {
  return which == active_bug;
}
#else
constexpr bool planted(planted_bug /*which*/) {
  return false;
}
#endif

}  // namespace marquee::broker
