"""Nothing that a client sends reaches a log as it is: no second line, no colour, no cursor movement."""

import json
import time

import raw_http

EVIL = ["\r\n2026-01-01T00:00:00.000Z error forged net: line", "\n", "\x1b[31m\x1b[2J", "\x00", "\x7f", "\u009b31m", "\u2028", "\u202e"]
MARK = "log-injection"


def test_names_paths_ids_and_fields_are_logged_escaped(door, logs):
    for text in EVIL:
        encoded = "".join(f"%{octet:02x}" for octet in (MARK + text).encode())
        for data in (
            raw_http.request("GET", f"/topics/{encoded}"),
            raw_http.request("GET", f"/{encoded}"),
            raw_http.request("GET", f"/consumer/{encoded}"),
            raw_http.request("DELETE", f"/producer/{encoded}"),
            raw_http.request("DELETE", f"/broker/{encoded}"),
            raw_http.request("GET", f"/size?topic={encoded}&consumer_id={encoded}"),
            raw_http.request("GET", "/health", fields=[("X-Request-Id", MARK + text), ("User-Agent", MARK + text)]),
            raw_http.request("POST", door.path, door.body(MARK + text)),
            raw_http.request("POST", door.path, door.body("t", **{MARK + text: 1})),
            raw_http.request("POST", "/topics", door.body("x").replace(b'"topic": "x"', b'"name": ' + _json(MARK + text))),
            raw_http.request("POST", "/broker", b'{"host":%s,"kafka_port":1,"raft_port":1}' % _json(MARK + text)),
            (MARK + text).encode() + b"\r\n\r\n",
            b"GET /" + (MARK + text).encode() + b" HTTP/1.1\r\n\r\n",
        ):
            with door.connect(timeout_s=5) as connection:
                connection.send(data)
                answer = connection.read_answer()
                assert answer is not None and (400 <= answer.status < 500 or answer.status in (200, 501)), (data, answer)
    time.sleep(0.05)
    for name, text in logs.written().items():
        assert b"forged net" not in b"".join(line for line in text.split(b"\n") if not line.startswith(b"20")), name


def test_a_log_watch_finds_what_it_looks_for(logs, tmp_path):
    """The checker itself, on lines that must not be there."""
    good = "2026-11-21T12:48:05.022Z warning broker-1 raft.transport: connection closed"
    logs.check_text("x", good)
    for bad in (good + "\x1b[31m", good + "\nsecond line", good + "\u009b", good + "\n==1==ERROR: AddressSanitizer: heap"):
        try:
            logs.check_text("x", bad)
        except AssertionError:
            continue
        raise AssertionError(f"not found: {bad!r}")


def _json(text):
    return json.dumps(text).encode()
