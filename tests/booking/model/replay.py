#!/usr/bin/env python3
"""Feeds the model. A line in: {"offset","timestamp_ms","value_b64"}; out: {"offset","time_ms","replies","events"}."""

import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from model import Model  # noqa: E402


def main():
    model = Model()
    for line in sys.stdin:
        asked = json.loads(line)
        result = model.apply(asked["offset"], asked["timestamp_ms"], base64.b64decode(asked["value_b64"]))
        print(json.dumps({"offset": asked["offset"], **result}, sort_keys=True))


if __name__ == "__main__":
    main()
