"""One driver process of a foreign client: jobs go in as lines, answers come out as lines."""

import base64
import json
import queue
import subprocess
import threading
import time


class ClientFailure(Exception):
    """What the client raised; `code` is the protocol's number, or -1 where the client gave none."""

    def __init__(self, text, code):
        super().__init__(f"{text} (code {code})")
        self.code = code


class DriverSession:
    """Runs one job at a time; what it says meanwhile can be read with `lines`. `stop` ends the process."""

    def __init__(self, name, command, log):
        self.name = name
        self.log = log
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
            )
        self._said = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, **job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()

    def lines(self, timeout_s=90):
        """What the driver says until the job is done; raises what the client raised."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                line = self._said.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                self.stop()
                raise AssertionError(f"{self.name} did not end its job in {timeout_s} s:\n{self._tail()}") from None
            if line is None:
                raise AssertionError(f"{self.name}'s driver ended:\n{self._tail()}")
            if "done" not in line:
                yield line
                continue
            if not line["done"]:
                raise ClientFailure(f"{self.name}: {line['error']}", line["code"])
            return

    def run(self, timeout_s=90, **job):
        self.start(**job)
        return list(self.lines(timeout_s))

    def stop(self):
        self.process.kill()
        self.process.wait()

    def _read(self):
        for line in self.process.stdout:
            self._said.put(json.loads(line))
        self._said.put(None)

    def _tail(self):
        with open(self.log, "rb") as file:
            return file.read()[-3000:].decode(errors="replace")


def text(payload):
    return None if payload is None else base64.b64encode(payload).decode()


def payload(encoded):
    return None if encoded is None else base64.b64decode(encoded)


def record(value, key=None, headers=(), **where):
    """A record of a produce job; `where` may hold partition and timestamp."""
    return {"key": text(key), "value": text(value), "headers": [[name, text(v)] for name, v in headers], **where}
