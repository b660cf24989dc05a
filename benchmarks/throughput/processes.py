"""What the processes of a cluster have used so far, from /proc and from the brokers' metrics."""

import os
import pathlib
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
QUIET_BYTES = 256 << 10  # of all brokers in half a second


def snapshot(cluster):
    """{name: {"role", "cpu_s", "written_bytes"}} of everything that runs, and "fsyncs" of all brokers."""
    seen = {}
    fsyncs = 0
    for entry in cluster.known():
        used = {"role": entry["role"], "cpu_s": 0.0, "written_bytes": 0}
        for pid in family(entry["pid"]):
            add_use(used, pid, own=pid == entry["pid"])
        seen[entry["name"]] = used
        if entry["role"] == "broker":
            fsyncs += count_fsyncs(entry["http"])
    return {"processes": seen, "fsyncs": fsyncs}


def wait_until_quiet(cluster, patience_s=10):
    """What a load has left behind, such as entries on their way into segments, belongs to it and to no later one."""
    end = time.monotonic() + patience_s
    last = use_of_brokers(cluster)
    while time.monotonic() < end:
        time.sleep(0.5)
        this = use_of_brokers(cluster)
        if this[0] - last[0] < 0.1 and this[1] - last[1] < QUIET_BYTES:
            return
        last = this


def use_of_brokers(cluster):
    brokers = [one for one in snapshot(cluster)["processes"].values() if one["role"] == "broker"]
    return sum(one["cpu_s"] for one in brokers), sum(one["written_bytes"] for one in brokers)


def family(pid):
    """The process and its descendants: PostgreSQL has one for each connection."""
    found = [pid]
    for parent in found:
        try:
            children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        found += map(int, children)
    return found


def add_use(used, pid, own):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        io = dict(line.split(": ") for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines())
    except OSError:
        return
    # utime and stime; of the first one also those of children that have ended.
    used["cpu_s"] += sum(map(int, fields[11:15] if own else fields[11:13])) / TICKS
    used["written_bytes"] += int(io["write_bytes"])


def count_fsyncs(http):
    try:
        with urllib.request.urlopen(http + "/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return 0
    wanted = (line.rsplit(" ", 1) for line in lines if line.startswith("marquee_"))
    return sum(float(value) for name, value in wanted if name.partition("{")[0].endswith("fsyncs_total"))


def memory_mib(cluster):
    """{name: MiB}: the share of each process (PSS) where the kernel shows it, else what is resident."""
    return {entry["name"]: sum(map(memory_of, family(entry["pid"]))) for entry in cluster.known()}


def memory_of(pid):
    for file, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            for line in pathlib.Path(f"/proc/{pid}/{file}").read_text().splitlines():
                if line.startswith(field):
                    return int(line.split()[1]) / 1024
        except OSError:
            continue
    return 0.0


def cost(before, after, load, record_bytes):
    """What lies between two snapshots, as it is written to the results; per record where there were any."""
    records = load["records_ever"]
    cpu, per_role, written = {}, {}, 0
    for name, used in after["processes"].items():
        old = before["processes"].get(name, {"cpu_s": 0.0, "written_bytes": 0})
        # A process that was killed meanwhile begins at nothing again.
        cpu[name] = round(used["cpu_s"] - (old["cpu_s"] if used["cpu_s"] >= old["cpu_s"] else 0), 3)
        per_role[used["role"]] = per_role.get(used["role"], 0.0) + cpu[name]
        if used["role"] == "broker":
            grown = used["written_bytes"] - old["written_bytes"]
            written += grown if grown >= 0 else used["written_bytes"]
    per_million = 1e6 / records if records else None
    stored = records * record_bytes
    return {
        "cpu_seconds": cpu,
        "cpu_seconds_per_million": per_million and {role: round(s * per_million, 2) for role, s in per_role.items()},
        "cpu_seconds_per_million_together": per_million and round(sum(per_role.values()) * per_million, 2),
        "written_bytes_per_byte": round(written / stored, 3) if stored else None,
        "fsyncs_per_record": round((after["fsyncs"] - before["fsyncs"]) / records, 4) if records else None,
    }
