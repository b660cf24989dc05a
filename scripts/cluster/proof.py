"""What `up` shows at its end: the machine's own package log goes through the cluster and comes back the same.
Produced on the first start only; later starts read it back and compare."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path

from .errors import ClusterError

TOPIC = "packages"
KEY_FIELD = 4
PACKAGE_LOG = Path("/var/log/dpkg.log")


class Proof:
    def __init__(self, state_dir: Path, binary: Path, load_balancer_url: str):
        self.folder = state_dir / "proof"
        self.binary = binary
        self.url = load_balancer_url
        self.input = self.folder / "input"
        self.producer_file = self.folder / "producer_id"
        self.done_file = self.folder / "produced"

    def run(self) -> list[str]:
        """Gives lines for a person. Raises ClusterError if what comes back is not what went in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = []
        if not self.done_file.exists():
            lines.append(self._produce())
        lines.append(self._compare())
        return lines

    def _produce(self) -> str:
        if not self.input.exists():
            self._take_input()
        if not self.producer_file.exists():
            self._marquee("topic", "create", TOPIC, "--partitions", "3", allow_codes={0, 1})
            answer = self._post("/producer/register", {"topic": TOPIC})
            self.producer_file.write_text(answer["producer_id"])
        started = time.monotonic()
        # The same producer and the same sequences in every attempt: what an earlier one stored is not stored again.
        with self.input.open("rb") as records:
            self._marquee(
                "produce", TOPIC, "--key-field", str(KEY_FIELD), "--producer-id", self.producer_file.read_text(),
                stdin=records,
            )
        seconds = time.monotonic() - started
        self.done_file.touch()
        count = len(_lines(self.input.read_bytes()))
        return f"produced {count} records of {self._source()} in {seconds:.2f} s ({count / seconds:.0f} records/s)"

    def _compare(self) -> str:
        started = time.monotonic()
        read = _lines(self._marquee("consume", TOPIC, "--from", "earliest").stdout)
        seconds = time.monotonic() - started
        sent = _lines(self.input.read_bytes())
        problem = find_difference(sent, read)
        if problem:
            raise ClusterError(f"what was read back from '{TOPIC}' is not what was produced: {problem}")
        more = f", and {len(read) - len(sent)} that were added since" if len(read) > len(sent) else ""
        return f"read back {len(sent)} records{more} in {seconds:.2f} s: all there, once, in order per key"

    def _take_input(self) -> None:
        fresh = self.folder / "input.new"
        if PACKAGE_LOG.is_file() and PACKAGE_LOG.stat().st_size > 0:
            shutil.copyfile(PACKAGE_LOG, fresh)
        else:
            fresh.write_bytes(subprocess.run(["dpkg-query", "-l"], check=True, capture_output=True).stdout)
        fresh.rename(self.input)

    def _source(self) -> str:
        return str(PACKAGE_LOG) if PACKAGE_LOG.is_file() and PACKAGE_LOG.stat().st_size > 0 else "dpkg-query -l"

    def _marquee(self, *arguments: str, stdin=subprocess.DEVNULL, allow_codes=frozenset({0})):
        command = [str(self.binary), *arguments, "--load-balancer", self.url]
        run = subprocess.run(command, stdin=stdin, capture_output=True, check=False)
        if run.returncode not in allow_codes:
            said = run.stderr.decode(errors="replace").strip()
            raise ClusterError(f"'{' '.join(command)}' ended with {run.returncode}: {said}")
        return run

    def _post(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except OSError as failed:
            raise ClusterError(f"POST {path} failed: {failed}") from failed


def _lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    return lines[:-1] if lines and lines[-1] == b"" else lines


def key_of(line: bytes) -> bytes | None:
    fields = [field for field in line.replace(b"\t", b" ").split(b" ") if field]
    return fields[KEY_FIELD - 1] if len(fields) >= KEY_FIELD else None


def find_difference(sent: list[bytes], read: list[bytes]) -> str | None:
    """Every key's records must be there, in order and once, before anything that was added later. Records without a
    key have no order; they must be there as often as they were sent."""
    sent_by_key, read_by_key = defaultdict(list), defaultdict(list)
    for lines, by_key in ((sent, sent_by_key), (read, read_by_key)):
        for line in lines:
            by_key[key_of(line)].append(line)
    for key, expected in sent_by_key.items():
        got = read_by_key[key]
        if key is None:
            missing = Counter(expected) - Counter(got)
            if missing:
                return f"{sum(missing.values())} records without a key are missing, such as {next(iter(missing))!r}"
        elif got[: len(expected)] != expected:
            place = next((i for i, pair in enumerate(zip(expected, got)) if pair[0] != pair[1]), len(got))
            return f"key {key.decode(errors='replace')!r}: {len(got)} records of {len(expected)}, wrong from number {place}"
    return None
