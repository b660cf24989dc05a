"""A producer that sends one record after the other, each until it is acknowledged, and when it was."""

import subprocess
import threading
import time

ATTEMPT_MS = 500
PATIENCE_S = 120.0


class ProbeFailure(Exception):
    """The probe ended, or had no acknowledgement for too long; the message says what it said last."""


class Probe:
    """`acknowledged` holds times in seconds since 1970: the clock that the probes share with this process."""

    def __init__(self, words):
        self.acknowledged = []
        self.said = ""
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.threads = [threading.Thread(target=target, daemon=True) for target in (self._read, self._listen)]
        for thread in self.threads:
            thread.start()

    def _read(self):
        for line in self.child.stdout:
            self.acknowledged.append(int(line) / 1e9)

    def _listen(self):
        for line in self.child.stderr:
            self.said = line.strip()

    def wait_for_one_after(self, when, patience_s=PATIENCE_S):
        """Until there is an acknowledgement later than `when`; gives the first such."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if self.acknowledged and self.acknowledged[-1] > when:
                return next(one for one in self.acknowledged if one > when)
            if self.child.poll() is not None:
                raise ProbeFailure(f"the probe ended with {self.child.returncode}: {self.said}")
            time.sleep(0.002)
        raise ProbeFailure(f"no acknowledgement within {patience_s:.0f} s; the probe said last: {self.said}")

    def finish(self):
        if self.child.poll() is None:
            self.child.stdin.close()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
        self.child.wait()
        for thread in self.threads:
            thread.join(5)


def command(contestant, system, programs, topic):
    """The probe that speaks the system's protocol, with the leader's address first."""
    if contestant.client == "native_load":
        return [str(programs / "kafka_probe"), system.addresses(), topic, str(ATTEMPT_MS)]
    return system.client.command(system.name, "probe", system.addresses(topic), topic, attempt_ms=ATTEMPT_MS)
