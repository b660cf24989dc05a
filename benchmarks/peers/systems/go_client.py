"""The Go program that loads NATS, RabbitMQ and etcd (peer_load/), built once for each state of its source."""

import hashlib
import json
import subprocess

from .node import NodeFailure
from .system import ROOT, install_once, run

SOURCE = ROOT / "benchmarks" / "peers" / "peer_load"


class GoClient:
    def __init__(self, home):
        digest = hashlib.sha256()
        for path in sorted(SOURCE.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        self.folder = home / f"peer_load-{digest.hexdigest()[:12]}"
        self.program = self.folder / "peer_load"

    def install(self):
        build = ["go", "build", "-trimpath", "-o", self.program, "."]
        install_once(self.folder, lambda folder: run(build, SOURCE))

    def is_installed(self):
        return self.program.exists()

    def command(self, system, operation, addresses, topic, **options):
        made = [str(self.program), "--system", system, "--operation", operation]
        made += ["--addresses", addresses, "--topic", topic]
        for name, value in options.items():
            made += ["--" + name.replace("_", "-"), str(value)]
        return made

    def ask(self, system, operation, addresses, topic):
        """What an operation that takes a moment says; an empty answer where it says nothing."""
        command = self.command(system, operation, addresses, topic)
        made = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if made.returncode != 0:
            raise NodeFailure(f"{system}: {operation} {topic}: {made.stderr.strip()[-300:]}")
        return json.loads(made.stdout) if made.stdout.strip() else {}
