"""Judges a history (README.md): `python3 tests/system/history/check.py FOLDER`, where FOLDER is what chaos kept.

--at TOPIC/PARTITION:OFFSET, --message ID and --client NAME --op N show what the history says about one thing.
"""

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from history import consume_rules  # noqa: E402
from history import events  # noqa: E402
from history import produce_rules  # noqa: E402
from history import replica_rules  # noqa: E402
from history.store import HistoryStore  # noqa: E402
from history.verdict import Verdict  # noqa: E402


def judge(history):
    """The verdict on events, and figures about them."""
    with tempfile.TemporaryDirectory(prefix="marquee-history-") as folder:
        store = HistoryStore(pathlib.Path(folder) / "history.sqlite")
        for event in history:
            store.take(event)
        store.seal()
        verdict = Verdict(store)
        for rules in (produce_rules, consume_rules, replica_rules):
            rules.check(store, verdict)
        figures = count(store)
        store.close()
        return verdict, figures


def count(store):
    return {
        "produce attempts": store.one("SELECT count(*) FROM attempt"),
        "messages sent": store.one("SELECT count(*) FROM item"),
        "messages acknowledged": store.one("SELECT count(DISTINCT id) FROM result WHERE ok"),
        "messages in doubt": store.one(
            "SELECT count(*) FROM (SELECT id FROM result GROUP BY id "
            "HAVING NOT max(ok) AND NOT min(outcome = 'definite'))"),
        "answered as duplicates": store.one("SELECT count(*) FROM result WHERE duplicate"),
        "messages stored": store.one("SELECT count(*) FROM stored"),
        "consume attempts": store.one("SELECT count(*) FROM consumed"),
        "messages delivered": store.one("SELECT count(*) FROM delivered"),
        "messages delivered again": store.one("SELECT count(*) - count(DISTINCT client || ' ' || topic || ' ' || "
                                              "partition || ' ' || offset) FROM delivered"),
        "entries compared": store.one("SELECT count(*) FROM entry"),
        "watermarks asked": store.one("SELECT count(*) FROM watermark"),
        "positions asked or committed": store.one("SELECT count(*) FROM position"),
    }


def mentions(event, options):
    """Whether the event is about what was asked for."""
    if options.message:
        client, op, item = options.message.removeprefix("m:").split("/")
        return event.get("id") == options.message or (event["e"] == "produce" and event["client"] == client
                                                      and event["op"] == int(op) and int(item) >= 0)
    if options.client:
        return event.get("client") == options.client and event.get("op") == options.op
    where, _, offset = options.at.rpartition(":")
    topic, _, partition = where.rpartition("/")
    partition, offset = int(partition), int(offset)
    if event.get("topic") != topic:
        return False
    if event["e"] == "produce":
        return any(told.get("partition") == partition and told.get("offset") == offset for told in event["results"])
    if event["e"] == "consume":
        return any(message[:2] == [partition, offset] for message in event.get("messages", ()))
    if event.get("partition") != partition:
        return False
    if event["e"] == "entry":
        return event["base_offset"] <= offset < event["base_offset"] + event["count"]
    return event.get("offset") == offset


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--at")
    parser.add_argument("--message")
    parser.add_argument("--client")
    parser.add_argument("--op", type=int, default=0)
    options = parser.parse_args()
    if options.at or options.message or options.client:
        for event in events.read(options.folder):
            if mentions(event, options):
                print(event)
        return 0
    verdict, figures = judge(events.read(options.folder))
    for name, value in figures.items():
        print(f"{name}: {value}")
    print(verdict.text())
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
