"""Step 1 of the order of checks: which records are commands at all. Everything else is BAD_COMMAND."""

from . import json_text
from .bodies import BODIES
from .form import BadCommand, fields, integer, need, short_text, text
from .state import Command

LONGEST_RECORD = 64 * 1024
LARGEST_SEQ = 2**53 - 1
EXEMPT = ("tick", "session.touch", "sm.version")  # from dedup: they come from front ends


def decode(value):
    """The command that `value` holds; raises BadCommand."""
    need(len(value) <= LONGEST_RECORD, "longer than 64 KiB")
    try:
        envelope = json_text.read(value)
    except json_text.NotJson as wrong:
        raise BadCommand(f"not JSON: {wrong}") from wrong
    need(isinstance(envelope, dict), "not an object")
    need(isinstance(envelope.get("type"), str) and envelope["type"] in BODIES, "unknown type")
    integer(1, 1)(envelope.get("v"))
    if "client_id" in envelope or envelope["type"] not in EXEMPT:
        short_text(envelope.get("client_id"))
    optional_envelope_fields(envelope)
    if envelope["type"] not in EXEMPT:
        need(("seq" in envelope) != ("idem_key" in envelope), "exactly one of seq and idem_key")
    if envelope["type"].startswith("lock.") or envelope["type"] == "session.close":
        need("session_id" in envelope, "session_id is missing")
    BODIES[envelope["type"]](envelope.get("body", {}))
    return Command(envelope)


def optional_envelope_fields(envelope):
    checks = {
        "session_id": text,
        "seq": integer(1, LARGEST_SEQ),
        "idem_key": idem_key,
        "ack_below": integer(0, LARGEST_SEQ),
        "reply_to": text,
        "lock": fields(name=short_text, token=integer()),
    }
    for name, check in checks.items():
        if name in envelope:
            check(envelope[name])


def idem_key(value):
    text(value)
    need(1 <= len(value.encode()) <= 255, "not 1..255 bytes")
