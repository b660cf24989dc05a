"""One server process of a system under test: started in a session of its own, found, measured and stopped by id."""

import os
import pathlib
import signal
import subprocess
import time

from cluster.configuration import inside_namespace

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STOP_PATIENCE_S = 30.0


class NodeFailure(Exception):
    """A server did not start, or ended; the message holds the end of its log."""


class Node:
    """A command with its folder and log. Helpers that it starts live in its session and end with it."""

    def __init__(self, name, command, folder, environment=None, namespace=None):
        self.name = name
        self.command = inside_namespace(namespace, [str(part) for part in command])
        self.folder = pathlib.Path(folder)
        self.environment = environment or {}
        self.namespace = namespace  # of the network; None: that of its starter
        self.log = self.folder / "log.txt"
        self.child = None
        self.noted = set()  # (pid, start) of what has to be gone after `stop`

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, **{name: str(value) for name, value in self.environment.items()}},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                close_fds=True,
            )

    def is_alive(self):
        return self.child is not None and self.child.poll() is None

    def require_alive(self):
        if not self.is_alive():
            raise NodeFailure(f"{self.name} ended. Its log {self.log} ends with:\n{tail(self.log)}")

    def pids(self):
        """The process and what it started."""
        return [] if self.child is None else family(self.child.pid)

    def send(self, number):
        """To every process of the session: a helper of a killed server must not keep its ports."""
        for pid in self.pids():
            _kill(pid, number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.child.wait()

    def terminate(self):
        """Asks. What it started is noted first: an orphan in a session of its own could not be found later."""
        self.noted.update((pid, started_at(pid)) for pid in self.pids())
        if self.is_alive():
            self.child.terminate()

    def stop(self):
        """Asks, waits, and kills what does not listen."""
        if self.child is None:
            return
        self.terminate()
        try:
            self.child.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            pass
        while left := self._left():
            for pid in left:
                _kill(pid, signal.SIGKILL)
            self.child.poll()  # reaped, or it stays
            time.sleep(0.02)
        self.child.wait()
        self.noted.clear()

    def _left(self):
        noted = [pid for pid, when in self.noted if when is not None and started_at(pid) == when]
        return set(self.pids()) | set(noted)


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def started_at(pid):
    """In ticks since the machine's start; None if it does not run. Tells a process from a later one with its id."""
    fields = stat_fields(pid)
    return None if fields is None or fields[0] == "Z" else fields[19]


def family(root):
    """`root`, its descendants, and what is in its session though its parent ended."""
    parents, sessions = {}, {}
    for entry in os.listdir("/proc"):
        fields = stat_fields(int(entry)) if entry.isdigit() else None
        if fields and fields[0] != "Z":  # not just waiting to be reaped
            parents[int(entry)], sessions[int(entry)] = int(fields[1]), int(fields[3])
    found = {pid for pid in parents if pid == root or sessions[pid] == root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return sorted(found)
        found |= more


def stat_fields(pid):
    """/proc/PID/stat from the state on, or None if there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def cpu_seconds(pids):
    """User and system time of the processes, with that of children that ended."""
    found = [fields for fields in map(stat_fields, pids) if fields]
    return sum(sum(int(value) for value in fields[11:15]) for fields in found) / TICKS_PER_SECOND


def resident_mib(pids):
    """Resident memory together; pages that several share count once for each."""
    found = [fields for fields in map(stat_fields, pids) if fields]
    return sum(int(fields[21]) for fields in found) * PAGE_BYTES / 2**20


def tail(path, lines=12):
    try:
        return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
