"""A process beside those of a cluster, with a configuration of its own."""

import contextlib
import subprocess

from cluster import process


@contextlib.contextmanager
def extra_load_balancer(cluster, folder, name, settings):
    """One more load balancer in front of the cluster's managers; gives its entry, as cluster.json would have it.

    `settings` are its configuration besides that of the cluster's first one."""
    like = cluster.processes("load_balancer")[0]
    port = next(p for p in range(18_000, 19_000) if not process.port_is_taken(p))
    chosen = {"name": name, "http.port": port, **settings}
    arguments = [part for key, value in chosen.items() for part in ("--set", f"{key}={value}")]
    log_file = folder / f"{name}.log"
    with open(log_file, "wb") as log:
        running = subprocess.Popen([*like["command"], *arguments], stdout=log, stderr=log)
    try:
        yield dict(like, name=name, http=f"http://127.0.0.1:{port}", pid=running.pid)
        assert running.poll() is None, log_file.read_text(errors="replace")
    finally:
        running.terminate()
        running.wait(timeout=20)
        text = log_file.read_text(errors="replace")
        assert "Sanitizer" not in text and "runtime error" not in text, text
