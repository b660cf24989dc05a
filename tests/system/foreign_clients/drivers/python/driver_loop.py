"""The contract of drivers (README.md of the folder) for clients in Python: a job per line in, lines of JSON out."""

import base64
import json
import sys
import threading
import time
import traceback

_lock = threading.Lock()


def say(**line):
    with _lock:
        print(json.dumps(line), flush=True)


def payload(text):
    return None if text is None else base64.b64decode(text)


def text(payload_bytes):
    return None if payload_bytes is None else base64.b64encode(payload_bytes).decode()


def say_record(partition, offset, timestamp, timestamp_type, key, value, headers, leader_epoch=None):
    say(
        partition=partition,
        offset=offset,
        timestamp=timestamp,
        timestamp_type=timestamp_type,
        key=text(key),
        value=text(value),
        headers=[[name, text(content)] for name, content in headers or []],
        leader_epoch=leader_epoch,
    )


def records_of(job):
    """Numbered records of a produce job, at the job's pace."""
    pace = job.get("pace_per_s", 0)
    for number, record in enumerate(job["records"]):
        headers = [(name, payload(content)) for name, content in record.get("headers", [])]
        yield number, record, payload(record.get("key")), payload(record.get("value")), headers
        if pace and number % 10 == 9:
            time.sleep(10 / pace)


def serve(jobs, code_of):
    """`jobs` maps the names to functions of the job; `code_of` gives the protocol's number of an exception."""
    for line in sys.stdin:
        job = json.loads(line)
        try:
            jobs[job["do"]](job)
            say(done=True)
        except Exception as failure:  # the test decides what it means
            traceback.print_exc()
            say(done=False, error=repr(failure), code=code_of(failure))
