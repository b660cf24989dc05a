"""Starts the load client that a row wants for a contestant, and reads its report."""

import base64
import json
import os
import pathlib
import secrets
import string
import subprocess
import threading

from figures import BadReport
from systems.node import resident_mib
from systems.system import ROOT

RECORD_BYTES = 1024
MEMORY_EVERY_S = 0.5
GRACE_S = 90  # what a client may take beyond the measured time
# What each client knows; the others' options say nothing to it.
KNOWN = {
    "native_load": {"connections", "in-flight", "linger-ms", "batch", "rate", "partitioning", "timeout-seconds"},
    "http_load": {"connections", "batch", "rate"},
    "peer_load": {"connections", "in-flight", "batch", "rate"},
}


def programs():
    """The folder of http_load, native_load and echo_chain."""
    return pathlib.Path(os.environ.get("MARQUEE_BENCHMARKS") or ROOT / "build" / "release" / "benchmarks")


def command(contestant, system, operation, topic, options, seconds, warm_up_seconds):
    given = {name: value for name, value in options.items() if name in KNOWN[contestant.client]}
    given.update({"seconds": seconds, "warm-up-seconds": warm_up_seconds, "record-bytes": RECORD_BYTES})
    words = [word for name, value in given.items() for word in ("--" + name, str(value))]
    if contestant.client == "native_load":
        return [str(programs() / "native_load"), operation, "--brokers", system.addresses(), "--topic", topic, *words]
    if contestant.client == "peer_load":
        return system.client.command(system.name, operation, system.addresses(topic), topic) + words
    http_load = str(programs() / "http_load")
    if contestant.system == "marquee":
        return [http_load, operation, "--url", system.url(), "--topic", topic, *words]
    return [http_load, "post", *_post(system, topic), *words]


def _post(system, topic):
    """The same record for servers that are not Marquee; its body lies in a file, since it is long."""
    letters = "".join(secrets.choice(string.ascii_letters) for _ in range(RECORD_BYTES))
    if system.name == "etcd":
        url = f"http://{system.addresses(topic).split(',')[0]}/v3/kv/put"
        body = {"key": "{n}", "value": base64.b64encode(letters.encode()).decode()}
        expected = '"header"'
    else:
        url, expected = system.url(), '"offset"'
        body = {"topic": topic, "producer_id": "p-1-0123456789abcdef", "sequence": 1, "message": letters}
    file = system.work / "body.json"
    file.write_text(json.dumps(body))
    return ["--url", url, "--body", f"@{file}", "--expect", expected]


def run(words, seconds):
    """The report of one client."""
    try:
        made = subprocess.run(words, capture_output=True, text=True, timeout=seconds + GRACE_S, check=False)
    except subprocess.TimeoutExpired as late:
        raise BadReport(f"{pathlib.Path(words[0]).name} did not end within {late.timeout:.0f} s") from late
    except FileNotFoundError as absent:
        raise BadReport(f"{words[0]} is not there") from absent
    return parse(pathlib.Path(words[0]).name, made.returncode, made.stdout, made.stderr)


def parse(name, code, output, said):
    if code != 0:
        raise BadReport(f"{name} ended with {code}: {' '.join(said.split())[-200:]}")
    try:
        report = json.loads(output)
    except ValueError as problem:
        raise BadReport(f"{name} printed no JSON document: {output[:100]!r}") from problem
    if not isinstance(report, dict):
        raise BadReport(f"{name} printed no JSON object: {output[:100]!r}")
    return report


class MemoryWatch:
    """The most that the processes had resident meanwhile, in MiB."""

    def __init__(self, pids):
        self.pids = pids
        self.most = 0.0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while True:
            self.most = max(self.most, resident_mib(self.pids))
            if self.ending.wait(MEMORY_EVERY_S):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
