"""Booking time: it advances with the records, by the distance of their append timestamps, at most a second a record."""

LONGEST_STEP_MS = 1000


def advance(state, timestamp):
    if state.time_ms is None:
        state.time_ms = 0
    else:
        state.time_ms += min(max(timestamp - state.previous_timestamp, 0), LONGEST_STEP_MS)
    state.previous_timestamp = timestamp


def is_over(state, deadline):
    return state.time_ms >= deadline
