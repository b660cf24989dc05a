#!/usr/bin/env python3
"""The model with digests and snapshots, in the place of booking_replay, to test compare.py itself.

--planted digest-of-time | digest-of-run | digest-without-dedup | snapshot-without-dedup: the faults that compare.py must find.
"""

import argparse
import base64
import hashlib
import json
import os
import pickle
import sys

from model import Model


def digest_of(state, planted):
    entities = dict(vars(state))
    del entities["previous_timestamp"]
    if planted != "digest-of-time":
        del entities["time_ms"]
    if planted == "digest-without-dedup":
        del entities["clients"]
    if planted == "digest-of-run":
        entities["run"] = os.getpid()
    return hashlib.sha256(repr(entities).encode()).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshot-at", type=int)
    parser.add_argument("--planted", default="")
    asked = parser.parse_args()
    model = Model()
    for line in sys.stdin:
        fed = json.loads(line)
        if fed["offset"] == asked.snapshot_at:
            model.state = pickle.loads(pickle.dumps(model.state))
            if asked.planted == "snapshot-without-dedup":
                model.state.clients = {}
        result = model.apply(fed["offset"], fed["timestamp_ms"], base64.b64decode(fed["value_b64"]))
        digest = digest_of(model.state, asked.planted)
        print(json.dumps({"offset": fed["offset"], **result, "digest": digest}, sort_keys=True))


if __name__ == "__main__":
    main()
