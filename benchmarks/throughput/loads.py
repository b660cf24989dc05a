"""Runs a load program for a case and reads what it prints."""

import json
import subprocess


class LoadFailure(Exception):
    """The load program could not do its work; the message is its own."""


class Loads:
    def __init__(self, folder, load_balancer, brokers, options):
        self.folder, self.load_balancer, self.brokers, self.options = folder, load_balancer, brokers, options

    def command(self, case, topic):
        seconds, warm_up = self.times(case)
        made = [
            case.operation,
            "--topic",
            topic,
            "--connections",
            case.connections,
            "--record-bytes",
            case.record_bytes,
            "--batch",
            case.batch,
            "--seconds",
            seconds,
            "--warm-up-seconds",
            warm_up,
            "--rate",
            case.rate,
            "--keys",
            case.keys,
            "--announce",
        ]
        if case.fault:
            made += ["--timeline-ms", 100]
        if case.protocol == "http":
            made = ["http_load", *made, "--load-balancer", self.load_balancer]
            if case.operation == "create-topic":
                made += ["--partitions", case.partitions, "--replication-factor", case.replication]
        else:
            made = ["native_load", *made, "--brokers", self.brokers, "--partitioning", "round-robin"]
            if case.operation != "consume":
                made += [
                    "--in-flight",
                    max(1, min(case.in_flight, (256 << 20) // case.record_bytes)),
                    "--linger-ms",
                    case.linger_ms,
                ]
        return [str(self.folder / made[0]), *map(str, made[1:])]

    def times(self, case):
        """Measured and warm-up seconds. A fault needs time before and after it."""
        if case.fault:
            return max(12.0, 2 * self.options.seconds), 2.0
        return self.options.seconds, self.options.warm_up_seconds

    def run(self, case, topic, meanwhile=None):
        """The document that the program prints. `meanwhile` is called when the load has begun."""
        seconds, warm_up = self.times(case)
        program = subprocess.Popen(self.command(case, topic), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            said = program.stderr.readline()
            if said == "started\n" and meanwhile:
                meanwhile()
            out, rest = program.communicate(timeout=seconds + warm_up + 120)
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
        if program.returncode != 0 or said != "started\n":
            raise LoadFailure(f"{said.strip()} {rest.strip()}".strip() or f"ended with {program.returncode}")
        return json.loads(out)

    def fill(self, topic, record_bytes, records):
        """Stores about so many records, as fast as it goes."""
        subprocess.run(
            [
                str(self.folder / "native_load"),
                "produce",
                "--topic",
                topic,
                "--brokers",
                self.brokers,
                "--record-bytes",
                str(record_bytes),
                "--seconds",
                "2",
                "--warm-up-seconds",
                "0",
                "--rate",
                str(max(1, records // 2)),
                "--in-flight",
                str(max(1, min(50_000, (64 << 20) // record_bytes))),
                "--partitioning",
                "round-robin",
                "--timeout-seconds",
                "60",
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
