"""One child process: started detached, found again by its pid, stopped."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from .errors import ClusterError

# Children of this very program, which have to be reaped when they end; others are init's.
_children: dict[int, subprocess.Popen] = {}


def start(command: list[str], cwd: Path, log: Path) -> int:
    """Starts `command` in a session of its own: it outlives the terminal and this program. Gives its pid."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    _children[child.pid] = child
    return child.pid


def is_running(pid: int, command: list[str]) -> bool:
    """Whether `pid` is alive and still runs `command`: a number alone may belong to somebody else by now."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        running = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except (OSError, IndexError):
        return False
    # A wrapper such as `setpriv ... -- program` has become the program by now, or is just about to.
    after_wrapper = command[command.index("--") + 1 :] if "--" in command else command
    return running in (command, after_wrapper)


def exit_code(pid: int) -> int | None:
    """How a child of this program ended; None if it still runs or is not a child."""
    child = _children.get(pid)
    return None if child is None else child.poll()


def wait_until_gone(pid: int, command: list[str], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_running(pid, command):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def send_signal(pid: int, command: list[str], number: int) -> None:
    if is_running(pid, command):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def stop(pid: int, command: list[str], seconds: float, first_signal: int = signal.SIGTERM) -> bool:
    """Asks politely, then kills. True if asking was enough."""
    send_signal(pid, command, first_signal)
    if wait_until_gone(pid, command, seconds):
        return True
    send_signal(pid, command, signal.SIGKILL)
    wait_until_gone(pid, command, 10)
    return False


def check_port_is_free(host: str, port: int, purpose: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise ClusterError(
                f"port {port} ({purpose}) cannot be used: {taken.strerror}{_holder_of(port)}\n"
                f"stop what holds it, or choose other ports with --port-offset N"
            ) from taken


def _holder_of(port: int) -> str:
    listed = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True, check=False)
    _, found, holder = listed.stdout.partition("users:")
    return f", held by {holder.strip()}" if found else ""


def last_lines(log: Path, count: int = 12) -> str:
    try:
        return "\n".join("  " + line for line in log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return "  (no log)"
