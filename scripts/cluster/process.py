"""Starting, finding and stopping processes by their ids."""

import os
import pathlib
import signal
import socket
import subprocess
import time

from .failure import ClusterFailure
from .layout import LOOPBACK


def is_alive(pid, command):
    """True if `pid` runs and is the process that `command` started, not a later one with a reused id."""
    try:
        arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    if state == "Z":
        return False
    if arguments == [b""]:
        return True  # in the middle of exec, for an instant after its start
    wanted = [os.fsencode(part) for part in command]
    # A command such as setpriv replaces itself by its last arguments.
    return bool(wanted) and any(arguments[:-1] == wanted[n:] for n in range(len(wanted)))


def port_is_taken(port, host=LOOPBACK, namespace=None):
    if namespace is not None:
        seen = subprocess.run(
            ["nsenter", f"--net=/run/netns/{namespace}", "ss", "-Hltn", f"sport = :{port}"],
            capture_output=True,
            check=True,
        )
        return bool(seen.stdout.strip())
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def require_free_ports(process, patience_s=3.0):
    """Waits a moment: the kernel closes the ports of a killed process a little after its main thread is gone."""
    end = time.monotonic() + patience_s
    for port in process.ports():
        while port_is_taken(port, process.host, process.namespace):
            if time.monotonic() > end:
                raise ClusterFailure(
                    f"port {port}, which {process.name} needs, is taken by another program. "
                    f"Stop that program, or choose other ports with --port-offset N."
                )
            time.sleep(0.05)


def start(process):
    """Starts the process detached from this terminal and notes its id."""
    pathlib.Path(process.log).parent.mkdir(parents=True, exist_ok=True)
    with open(process.log, "ab") as log:
        child = subprocess.Popen(
            process.command,
            cwd=process.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            close_fds=True,
        )
    process.pid = child.pid
    return child


def stop(name, pid, command, first_signal=signal.SIGTERM, patience_s=15.0):
    """Asks, waits, and kills what does not listen. Returns what happened, for printing."""
    if not is_alive(pid, command):
        return "was not running"
    os.kill(pid, first_signal)
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if not is_alive(pid, command):
            return "stopped"
        reap(pid)
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid, command):
        reap(pid)
        time.sleep(0.02)
    return f"did not stop within {patience_s:.0f} s and was killed"


def reap(pid):
    """Of a child of our own, so that it does not stay as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except OSError:
        pass


def tail(path, lines=8):
    try:
        return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
