"""kcat 1.7.1, one process per job; it takes one record at a time where records differ in partition or headers."""

import base64
import json
import os
import subprocess
import tempfile

from driver_loop import payload, say, serve

PLACES = {"earliest": "beginning", "latest": "end"}


def code_of(failure):
    return -1


def _run(arguments, timeout_s, stdin=b""):
    made = subprocess.run(["kcat", *arguments], input=stdin, capture_output=True, timeout=timeout_s, check=False)
    if made.returncode != 0:
        raise RuntimeError(made.stderr.decode(errors="replace")[-400:])
    return made.stdout


def produce(job):
    """Records of one job go in one call, a file each: kcat sends each file as one record, of any bytes."""
    compression = job.get("compression", "none")
    options = ["-P", "-b", job["brokers"], "-t", job["topic"], "-X", f"acks={job.get('acks', -1)}", "-z", compression]
    if job.get("idempotent"):
        options += ["-X", "enable.idempotence=true"]
    if "request_bytes" in job:
        options += ["-X", f"message.max.bytes={job['request_bytes']}"]
    groups = {}
    for number, record in enumerate(job["records"]):
        if "timestamp" in record or any(content is None for _, content in record.get("headers", [])):
            raise ValueError("kcat can send neither timestamps nor headers with null values")
        null_value = number if record.get("value") is None else -1
        key = json.dumps([record.get("partition"), record.get("key"), record.get("headers", []), null_value])
        groups.setdefault(key, []).append((number, record))
    for group in groups.values():
        _produce_group(options, group, job.get("timeout_ms", 60_000) / 1000)


def _produce_group(options, group, timeout_s):
    first = group[0][1]
    arguments = list(options)
    if first.get("value") is None:
        # It skips empty files; from standard input -Z makes nothing after the key's delimiter a null value.
        _run([*options, "-Z", "-K", "\x1f"], timeout_s, payload(first["key"]) + b"\x1f\n")
        say(n=group[0][0])
        return
    if "partition" in first:
        arguments += ["-p", str(first["partition"])]
    if first.get("key") is not None:
        arguments += ["-k", os.fsdecode(payload(first["key"]))]
    for name, content in first.get("headers", []):
        arguments += ["-H", f"{name}={os.fsdecode(payload(content))}"]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, record in group:
            files.append(os.path.join(folder, str(number)))
            with open(files[-1], "wb") as file:
                file.write(payload(record["value"]))
        _run([*arguments, *files], timeout_s)
    for number, _ in group:
        say(n=number)


def consume(job):
    """With -J payloads that are not UTF-8 would be lost, so lengths and bytes are printed by a format."""
    count = 0
    for one in job["partitions"]:
        place = str(PLACES.get(one["at"], one["at"]))
        arguments = ["-C", "-b", job["brokers"], "-t", job["topic"], "-p", str(one["partition"]), "-o", place]
        if job.get("reset", "none") != "none":
            arguments += ["-X", f"topic.auto.offset.reset={job['reset']}"]
        if "isolation" in job:
            arguments += ["-X", f"isolation.level={job['isolation']}"]
        arguments += ["-c", str(job["count"] - count)] if "count" in job else []
        arguments += ["-e"] if job.get("until_end") or "count" not in job else []
        output = _run([*arguments, "-q", "-f", "%p %o %T %K %S\n%k%s%h\n"], job.get("timeout_ms", 20_000) / 1000)
        for record in _parse(output):
            count += 1
            say(**record)
    say(at_end=True)


def _parse(output):
    """`partition offset timestamp key-length value-length`, key, value, headers as name=value,name=value."""
    def text(content):
        return base64.b64encode(content).decode()

    while output:
        line, _, output = output.partition(b"\n")
        partition, offset, timestamp, key_length, value_length = (int(field) for field in line.split())
        key, output = output[: max(key_length, 0)], output[max(key_length, 0) :]
        value, output = output[: max(value_length, 0)], output[max(value_length, 0) :]
        headers, _, output = output.partition(b"\n")
        pairs = [one.partition(b"=") for one in headers.split(b",") if one]
        yield {
            "partition": partition,
            "offset": offset,
            "timestamp": timestamp,
            "key": None if key_length < 0 else text(key),
            "value": None if value_length < 0 else text(value),
            "headers": [[name.decode(), None if content == b"NULL" else text(content)] for name, _, content in pairs],
        }


def admin(job):
    if job["call"] == "list":
        told = json.loads(_run(["-L", "-J", "-b", job["brokers"]], 20))
        say(topics=[topic["topic"] for topic in told["topics"]])
    elif job["call"] == "describe":
        told = json.loads(_run(["-L", "-J", "-b", job["brokers"], "-t", job["topic"]], 20))
        partitions = [
            {
                "partition": one["partition"],
                "leader": one["leader"],
                "replicas": [node["id"] for node in one["replicas"]],
                "isr": [node["id"] for node in one["isrs"]],
            }
            for one in told["topics"][0]["partitions"]
        ]
        say(partitions=partitions)
    elif job["call"] == "cluster":
        told = json.loads(_run(["-L", "-J", "-b", job["brokers"]], 20))
        brokers = []
        for one in told["brokers"]:
            host, _, port = one["name"].rpartition(":")
            brokers.append({"id": one["id"], "host": host, "port": int(port)})
        say(controller=told.get("controllerid"), brokers=brokers)
    elif job["call"] == "offset":
        at = {"earliest": -2, "latest": -1}.get(job["at"], job["at"])
        told = _run(["-Q", "-b", job["brokers"], "-t", f"{job['topic']}:{job['partition']}:{at}"], 20).decode()
        say(offset=int(told.split("offset")[-1].strip()))
    else:
        raise ValueError(f"kcat has no {job['call']}")


if __name__ == "__main__":
    serve({"produce": produce, "consume": consume, "admin": admin}, code_of)
