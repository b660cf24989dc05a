"""What `scripts/up` shows at its end: real lines go in through the load balancer and come out the same."""

import collections
import pathlib
import subprocess
import time

from . import api
from .failure import ClusterFailure

TOPIC = "packages"
KEY_FIELD = 4
PACKAGE_LOG = pathlib.Path("/var/log/dpkg.log")


class Proof:
    """The lines that were produced are kept in the state folder: later starts compare with them."""

    def __init__(self, layout, say=print):
        self.layout = layout
        self.say = say
        self.lines_file = layout.state_dir / "proof" / "packages.txt"
        self.producer_file = layout.state_dir / "proof" / "producer_id"

    def run(self):
        first = not self.lines_file.exists()
        if first:
            self._produce()
        self._compare()

    def _produce(self):
        """An attempt that was cut off is made again with the same lines, producer and sequences: nothing is there twice."""
        self.lines_file.parent.mkdir(parents=True, exist_ok=True)
        pending = self.lines_file.with_suffix(".pending")
        if not self.producer_file.exists():
            pending.write_bytes(b"".join(line + b"\n" for line in _machine_lines()))
            registered = api.call(self.layout.load_balancer_url, "POST", "/producer/register", {"topic": TOPIC})
            self.producer_file.write_text(registered["producer_id"])
        lines = pending.read_bytes().splitlines()
        begin = time.monotonic()
        with open(pending, "rb") as source:
            made = subprocess.run(
                [str(self.layout.binary), "produce", TOPIC, "--key-field", str(KEY_FIELD),
                 "--producer-id", self.producer_file.read_text(), "--load-balancer", self.layout.load_balancer_url],
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=600,
            )
        if made.returncode != 0:
            raise ClusterFailure(f"marquee produce failed:\n{made.stdout.decode(errors='replace')}")
        pending.rename(self.lines_file)
        took_s = time.monotonic() - begin
        self.say(f"produced {len(lines)} records in {took_s:.2f} s ({len(lines) / took_s:.0f} records/s)")

    def _compare(self):
        wanted = collections.defaultdict(list)
        for line in self.lines_file.read_bytes().splitlines():
            wanted[_key(line)].append(line)
        begin = time.monotonic()
        found = collections.defaultdict(list)
        count = 0
        for message in api.read_all(self.layout.load_balancer_url, TOPIC):
            found[api.payload(message, "key")].append(api.payload(message, "message"))
            count += 1
        took_s = time.monotonic() - begin
        for key, lines in wanted.items():
            # What somebody produced later comes after the proof's own lines of the key.
            if found[key][: len(lines)] != lines:
                raise ClusterFailure(
                    f"the records of key {key!r} differ from what was produced "
                    f"({len(lines)} lines in {self.lines_file}, {len(found[key])} read)"
                )
        total = sum(map(len, wanted.values()))
        self.say(f"read back {count} records in {took_s:.2f} s; all {total} produced lines are there, in order per key")


def _machine_lines():
    """The machine's own package log, or the list of packages where there is none; no empty lines."""
    if PACKAGE_LOG.exists() and PACKAGE_LOG.stat().st_size > 0:
        content = PACKAGE_LOG.read_bytes()
    else:
        content = subprocess.run(["dpkg-query", "-l"], capture_output=True, check=True).stdout
    return [line for line in content.splitlines() if line.strip()]


def _key(line):
    """The field that `marquee produce --key-field` takes as the key; None where the line is shorter."""
    fields = line.split()
    return fields[KEY_FIELD - 1] if len(fields) >= KEY_FIELD else None
