"""Exactly-once effect: what each client was answered, by sequence number and by idempotency key."""

from . import json_text
from .answers import Refusal
from .state import DAY_MS

WINDOW = 64
MOST_KEYS = 10_000


def table_of(state, client):
    return state.clients.setdefault(client, {"ack_below": 0, "highest": 0, "by_seq": {}, "by_key": {}})


def find(state, command):
    """The stored answer to this very command, None if it is to be executed. Or SEQ_TOO_OLD, IDEMPOTENCY_MISMATCH."""
    table = table_of(state, command.client)
    if command.ack_below is not None:
        table["ack_below"] = max(table["ack_below"], command.ack_below)
    forget_old(state, table)
    if command.seq is not None:
        if command.seq < table["ack_below"] or command.seq <= table["highest"] - WINDOW:
            raise Refusal("SEQ_TOO_OLD")
        entry = table["by_seq"].get(command.seq)
    else:
        entry = table["by_key"].get(command.idem_key)
    if entry is None:
        return None
    if entry["type"] != command.type or not json_text.are_equal(entry["body"], command.body):
        raise Refusal("IDEMPOTENCY_MISMATCH")
    return entry["reply"]


def store(state, command, reply):
    table = table_of(state, command.client)
    entry = {"type": command.type, "body": command.body, "reply": reply, "first_ms": state.time_ms}
    if command.seq is not None:
        table["by_seq"][command.seq] = entry
        table["highest"] = max(table["highest"], command.seq)
    else:
        table["by_key"][command.idem_key] = entry
    forget_old(state, table)


def change_answer(state, who, first_offset, reply):
    """The one exception: what lock.acquire was answered at `first_offset` changes when its waiting ends."""
    table = table_of(state, who["client_id"])
    entry = table["by_seq"].get(who["seq"]) if "seq" in who else table["by_key"].get(who["idem_key"])
    if entry is not None and entry["reply"]["offset"] == first_offset:
        entry["reply"] = reply


def forget_old(state, table):
    for seq in list(table["by_seq"]):
        if seq < table["ack_below"] or seq <= table["highest"] - WINDOW:
            del table["by_seq"][seq]
    while table["by_key"]:
        oldest = next(iter(table["by_key"]))  # they stand in the order of first use
        is_old = state.time_ms >= table["by_key"][oldest]["first_ms"] + DAY_MS
        if not is_old and len(table["by_key"]) <= MOST_KEYS:
            break
        del table["by_key"][oldest]
