"""config.set. A change counts for later commands: deadlines that stand are not moved."""

from . import ids
from .answers import Answer, Refusal

RANGES = {
    "lease_ms": (500, 300_000),
    "grace_ms": (0, 300_000),
    "lock_ttl_ms": (1, 3_600_000),
    "lock_delay_ms": (0, 2**53 - 1),
}


def set_value(state, record, command):
    key, value = command.body["key"], command.body["value"]
    if key not in state.config or not is_good(key, value):
        raise Refusal("BAD_CONFIG")
    state.config[key] = value
    return Answer("CONFIG_SET", {"key": key, "value": value})


def is_good(key, value):
    if key == "admins":
        return (
            isinstance(value, list)
            and bool(value)
            and all(isinstance(client, str) and ids.is_short_text(client) for client in value)
        )
    low, high = RANGES.get(key, (1, 2**53 - 1))
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
