"""What both benchmarks with peers need around the measuring: their command lines, how they end, programs that are built
and where the peers are kept."""

import os
import pathlib
import signal
import subprocess
import sys

from systems.system import ROOT


def cache_folder():
    """Where the peers' programs are kept, if nobody says another place."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return cache / "marquee" / "peers"


def words_of(only):
    """Of `--only a,b --only c`."""
    return [word for given in only for word in given.split(",") if word]


def clean_up_on_signals():
    """SIGINT and SIGTERM end the program, and it stops its servers."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end_once)


def end_once(number, _):
    """Another signal must not end the stopping of servers and the removing of their network."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    sys.exit(128 + number)


def build(systems, clients):
    """Marquee and the load clients, of this checkout; nothing where programs were given by hand."""
    targets = [client for client in sorted(clients) if client != "peer_load"]
    targets += ["echo_chain"] if "echo" in systems else []
    targets = [] if os.environ.get("MARQUEE_BENCHMARKS") else targets
    targets += ["marquee"] if "marquee" in systems and not os.environ.get("MARQUEE_BINARY") else []
    if not targets:
        return
    say(f"building {', '.join(targets)}")
    if not (ROOT / "build" / "release" / "build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for target in targets:
        command = ["cmake", "--build", "--preset", "release", "--target", target]
        made = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        if made.returncode != 0:  # what needs it is reported as failed
            say(f"{target} was not built: {(made.stdout + made.stderr)[-500:]}")


def first_line(problem):
    """Of an exception, short enough for a table; with its kind, where the words alone say little (KeyError: 'x')."""
    words = (str(problem).splitlines() or [""])[0][:240]
    return words if " " in words else f"{type(problem).__name__}: {words}"


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores shared by servers and clients, {memory:.0f} GiB, Linux {os.uname().release}"


def say(text):
    print(text, file=sys.stderr, flush=True)
