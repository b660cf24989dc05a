"""Scenario R11: records that no front end wrote, put into the log by somebody else through Kafka."""

import base64
import json
import subprocess

from booking.booking_cluster import wait_until

POISON = {
    "invalid JSON": b'{"v":1,"type":"seat.reserve"',
    "no object": b"[1,2,3]",
    "nothing": b"\x00",
    "unknown type": b'{"v":1,"type":"seat.steal","client_id":"mallory","seq":1,"body":{}}',
    "unknown field": b'{"v":1,"type":"seat.reserve","client_id":"mallory","seq":1,"body":{"show_id":"S1","seats":["1A"],"x":1}}',
    "1 MiB": (b'{"v":1,"type":"tick","pad":"' + b"x" * (1 << 20))[: (1 << 20) - 200] + b'"}',
    "no text": bytes(range(128, 256)),
}


def put(booking, value):
    """One record with these bytes; gives what kcat said."""
    command = ["kcat", "-b", booking.cluster.kafka_addresses()[0], "-P", "-t", "booking.cmd", "-p", "0", "-D", "\x01\x02\x03"]
    command += ["-X", "message.max.bytes=20000000"]
    return subprocess.run(command, input=value, capture_output=True, timeout=60, check=False)


def test_R11_a_poison_record_is_a_bad_command_everywhere_and_one_dead_letter(booking):
    show, client = booking.new_show(), booking.client()
    first = booking.head() + 1
    for value in POISON.values():
        made = put(booking, value)
        assert made.returncode == 0, made.stderr
    refused = put(booking, b"y" * 10_000_000)
    assert refused.returncode != 0 or b"too large" in refused.stderr.lower(), refused.stderr
    told = client.reserve(show, "1A", expect="RESERVED")  # the next command is processed
    records = {one.value: one.offset for one in booking.records("cmd") if one.offset >= first}
    offsets = {name: records[value] for name, value in POISON.items()}
    assert max(offsets.values()) < told.offset and not any(len(value) == 10_000_000 for value in records)
    for offset in offsets.values():
        # Deterministic: the same on all replicas, and nothing but time has moved.
        after = {booking.digest(one, offset) for one in ("r1", "r2", "r3", "r4")}
        assert len(after) == 1

    def letters():
        found = [json.loads(record.value) for record in booking.records("dlq")]
        return [one for one in found if one["offset"] in offsets.values()]

    wait_until(lambda: len(letters()) >= len(POISON), 20, lambda: f"dead letters of {offsets}; there are {letters()}")
    by_offset = {letter["offset"]: letter for letter in letters()}
    assert len(letters()) == len(POISON), "one dead letter for each"
    for name, value in POISON.items():
        letter = by_offset[offsets[name]]
        assert letter["length"] == len(value) and letter["reason"], letter
        assert base64.b64decode(letter["message_base64"]) == value[: 64 * 1024]
